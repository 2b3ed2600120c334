"""Tables of the index. A row id says which ledger and record it is: ``ledger << 32 | ordinal``.

Readers remember what the ids of streams and ledgers stand for, so that none is ever used again (AUTOINCREMENT).
The index holds no copy of a ledger: offsets, lengths, the envelope's columns, record hashes, trust and findings.
"""

SCHEMA_VERSION = 13

BITS = 32
"""Of a row id: the ordinal's share."""

TRUST_MASK = 0b111
WORST_SHIFT = 3
WORST_MASK = 0b111000
NO_TIME_BIT = 0b1000000
"""In ``event.mark``: trust, then worst severity, then a bit where ``time`` is only borrowed from the row before."""

FLAG = "json_extract(state, '$.flagged')"
"""Of a stream: the word by which its system flagged it; see ``console.store.rows.flagged``."""

TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, member TEXT, container TEXT NOT NULL,
    format TEXT NOT NULL, shape TEXT NOT NULL, profile TEXT,
    state TEXT NOT NULL DEFAULT 'live', note TEXT NOT NULL DEFAULT '',
    active INTEGER NOT NULL DEFAULT 1, records INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    next_offset INTEGER NOT NULL DEFAULT 0, pending INTEGER NOT NULL DEFAULT 0,
    first_time INTEGER, last_time INTEGER, trust TEXT NOT NULL DEFAULT '[0,0,0,0,0,0,0]',
    file TEXT NOT NULL DEFAULT '', memory TEXT NOT NULL DEFAULT '',
    edition INTEGER NOT NULL DEFAULT 0, unresolved INTEGER, UNIQUE (path, member)
);
CREATE TABLE volume (
    ledger INTEGER NOT NULL, first INTEGER NOT NULL, path TEXT NOT NULL, member TEXT, PRIMARY KEY (ledger, first)
) WITHOUT ROWID;
CREATE TABLE type (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE actor (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE stream (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ledger INTEGER NOT NULL, hash INTEGER NOT NULL, kind TEXT NOT NULL,
    key TEXT NOT NULL, further INTEGER NOT NULL DEFAULT 0, events INTEGER NOT NULL DEFAULT 0,
    first_time INTEGER, last_time INTEGER,
    t0 INTEGER NOT NULL DEFAULT 0, t1 INTEGER NOT NULL DEFAULT 0, t2 INTEGER NOT NULL DEFAULT 0,
    t3 INTEGER NOT NULL DEFAULT 0, t4 INTEGER NOT NULL DEFAULT 0, t5 INTEGER NOT NULL DEFAULT 0,
    t6 INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '{{}}', chained INTEGER NOT NULL DEFAULT 0,
    intact INTEGER, irregular INTEGER NOT NULL DEFAULT 0, carried BLOB
);
CREATE INDEX stream_hash ON stream (ledger, hash);
CREATE INDEX stream_chained ON stream (ledger) WHERE intact IS NOT NULL;
CREATE INDEX stream_flagged ON stream (ledger) WHERE {FLAG} IS NOT NULL;
CREATE TABLE event (
    id INTEGER PRIMARY KEY, offset INTEGER NOT NULL, length INTEGER NOT NULL, time INTEGER NOT NULL,
    type INTEGER NOT NULL, actor INTEGER NOT NULL, stream INTEGER NOT NULL, sequence INTEGER NOT NULL,
    key INTEGER NOT NULL, parent INTEGER NOT NULL, mark INTEGER NOT NULL
);
CREATE TABLE membership (
    stream INTEGER NOT NULL, first INTEGER NOT NULL, low INTEGER NOT NULL, span INTEGER NOT NULL,
    PRIMARY KEY (stream, first, low)
) WITHOUT ROWID;
CREATE TABLE leaf (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE alias (id INTEGER PRIMARY KEY, key INTEGER NOT NULL);
CREATE TABLE mention (id INTEGER PRIMARY KEY, key INTEGER NOT NULL);
CREATE TABLE orphan (
    event INTEGER NOT NULL, kind INTEGER NOT NULL, parent INTEGER NOT NULL, PRIMARY KEY (event, kind)
) WITHOUT ROWID;
CREATE INDEX orphan_parent ON orphan (parent);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY, ledger INTEGER NOT NULL, stream TEXT, event INTEGER, code TEXT NOT NULL,
    severity INTEGER NOT NULL, confidence TEXT NOT NULL, message TEXT NOT NULL, event_id TEXT, sequence INTEGER,
    record INTEGER, offset INTEGER, length INTEGER, field TEXT, expected TEXT, actual TEXT,
    count INTEGER NOT NULL, standing INTEGER NOT NULL, kept INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX finding_ledger ON finding (ledger, severity);
CREATE INDEX finding_stream ON finding (stream);
CREATE INDEX finding_event ON finding (event);
CREATE TABLE state (ledger INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (ledger, key))
    WITHOUT ROWID;
"""

EVENT_INDEXES = {
    "time": "CREATE INDEX IF NOT EXISTS event_time ON event (time)",
    "key": "CREATE INDEX IF NOT EXISTS event_key ON event (key >> 40) WHERE key != 0",
    "alias": "CREATE INDEX IF NOT EXISTS alias_key ON alias (key >> 40)",
    "mention": "CREATE INDEX IF NOT EXISTS mention_key ON mention (key >> 40)",
    "parent": "CREATE INDEX IF NOT EXISTS event_parent ON event (parent >> 40) WHERE parent != 0",
    "worst": "CREATE INDEX IF NOT EXISTS event_worst ON event (mark) WHERE mark & 56 != 0",
    "stream": "CREATE INDEX IF NOT EXISTS event_stream ON event (stream)",
}
"""By what they find. Rows come in the order of their ids and nearly in that of their times, but streams alternate and
keys are scattered: kept row by row, each of these indexes costs twice what all the rest of a row does, and in bulk
a third of it. So they are made when they are needed: that of keys when references are resolved, that of streams where
one is walked again, all by ``IndexWriter.settle``. Until then they are found by a scan."""
AT_ONCE = ("time", "worst")
"""Those that an index has from its beginning."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-65536",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)


def row_id(ledger: int, ordinal: int) -> int:
    """The id of a record's row."""
    return ledger << BITS | ordinal


def split_id(event: int) -> tuple[int, int]:
    """Ledger and ordinal of a row id."""
    return event >> BITS, event & ((1 << BITS) - 1)


def state_key(key: str) -> str | bytes:
    """A key of a reader's state as it is stored: text, or its bytes where half of a surrogate pair is in it."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogatepass")
    return key


def read_state_key(stored: str | bytes) -> str:
    """What ``state_key`` was given."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")
