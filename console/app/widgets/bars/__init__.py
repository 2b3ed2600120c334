"""What frames a list: lines of one text, and lines to type or to watch progress in."""
