"""Tables of SQLite databases. SQLite only ever sees a private copy, because it would write beside the original."""
