-- Version 1 of the store. `generations` number what a collection held; a document belongs to a collection from the
-- generation that added it up to (not including) the one that removed it, so readers of any generation agree.
CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, name)
);

CREATE TABLE generations (
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    document_id TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (collection_id, number)
) WITHOUT ROWID;

CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reading', 'published', 'failed')),
    code TEXT,
    message TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);
CREATE INDEX documents_by_name ON documents (collection_id, name);

CREATE TABLE memberships (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    added INTEGER NOT NULL,
    removed INTEGER,
    PRIMARY KEY (document_id, added)
) WITHOUT ROWID;

CREATE TABLE pages (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'ocr', 'blank', 'failed')),
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL,
    confidence REAL,
    seconds REAL NOT NULL,
    language TEXT NOT NULL,
    figures TEXT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (document_id, page)
);

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading TEXT NOT NULL
);
CREATE INDEX chunks_by_place ON chunks (document_id, page, "start");

-- Both columns hold terms made by `tools.words.index_terms`, separated by blanks.
CREATE VIRTUAL TABLE chunk_terms USING fts5 (body, context, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, 'row');

CREATE TABLE vectors (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    chunk_id INTEGER NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    embedding BLOB NOT NULL,
    UNIQUE (chunk_id, model)
);
