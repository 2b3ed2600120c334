"""PostgreSQL tables, read through a mirror: a SQLite file that holds the same rows in the order in which they came.

All else of the console reads files that lie still, grow, or are compared with what was seen of them. A server offers
no such thing: its rows have no order, and one that is committed late appears among the others. The mirror gives them
one. It is brought in step in a read-only snapshot, row by row by their keys: new rows come to its end, changed ones
change in their place, and those that are gone go. So what happens to a table happens to its mirror, and is found there.
"""
