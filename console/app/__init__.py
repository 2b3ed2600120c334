"""The console's screens. They read through the session, show, and ask for work; no file or hash work is done here."""
