"""What the systems' documents name as functions, for programs: reading, verifying and writing their ledgers.

``console.api`` is the one import. A module per system holds its functions, the others what they share. Reading goes the
way of the console: the same containers and recognition, and what cannot be read costs itself alone. A writer appends
whole records under a lock, and asks the system's own rules first: what they would find is refused.
"""
