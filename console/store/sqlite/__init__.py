"""The aiosqlite index: schema, one writer, read-only readers, the query language turned to SQL."""
