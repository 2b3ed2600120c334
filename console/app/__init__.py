"""The console's screens. They read through the session, show, and ask; no file or hash work is done here."""
