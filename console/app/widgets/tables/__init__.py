"""Lists of rows under a cursor: a million rows, drawn line by line."""
