"""Ledgers as the real systems write them, made from the systems' documents and specifications alone.

Nothing of ``console`` is imported here: its readers are judged by what stands in these files, and a mistake that both
shared would go unseen. So JavaScript's JSON, the hashes and the rules of each system are written a second time, in the
plainest way.
"""
