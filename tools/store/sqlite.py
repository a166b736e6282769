"""The knowledge store on SQLite: write-ahead log, one writer at a time, readers never wait."""

# SQL is put together from constants of this file only; values are always bound.
# ruff: noqa: S608

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.errors import PageloomError, UnknownNameError
from tools.store.types import Document, DocumentState, NewDocument, PageText, Registration, UnfinishedDocument
from tools.types import Chunk, PageRecord, Passage, TextLine
from tools.words import index_terms

SCHEMA_VERSION = 1
_BUSY_TIMEOUT_MS = 30_000
_VISIBLE = "m.collection_id = :collection AND m.added <= :generation AND (m.removed IS NULL OR m.removed > :generation)"
_KINDS = ("text", "ocr", "blank", "failed")
_CONTEXT_WEIGHT = 0.3
"""What a match in a chunk's heading or document name counts beside one in its text."""


class LedgerError(PageloomError):
    """Raised when a document is to be published whose pages are not all accounted for."""

    code = "ledger"


class SqliteStore:
    """Everything one tenant knows, in one file.

    Methods block for milliseconds: call them in a thread from asynchronous code. Any thread may call; each gets a
    connection of its own. All changes are transactions; a crash leaves the state before or after one.
    """

    def __init__(self, path: Path, *, tenant: str = "local") -> None:
        """Open the store, creating it when it is not there.

        Raises:
            PageloomError: The file was written by a newer version of this program, or is not a store at all.
        """
        self._path = path
        self._tenant = tenant
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._create_or_check()
        except sqlite3.DatabaseError as exc:
            self.close()
            if exc.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            msg = f"{str(path)!r} is not a store of Pageloom; choose another data directory, or restore a backup"
            raise PageloomError(msg) from exc

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            while self._connections:
                self._connections.pop().close()

    # Collections and generations

    def generation(self, collection: str) -> int:
        """Return the number of the collection's current generation; 0 when nothing was ever published in it."""
        row = self._row("SELECT generation FROM collections WHERE tenant = ? AND name = ?", self._tenant, collection)
        return int(row["generation"]) if row else 0

    def collections(self) -> list[str]:
        """Return the names of the collections, sorted."""
        rows = self._rows("SELECT name FROM collections WHERE tenant = ? ORDER BY name", self._tenant)
        return [row["name"] for row in rows]

    # Ingest

    def register(self, collection: str, new: NewDocument) -> Registration:
        """Make a document known before its pages are read; it stays invisible until `publish`.

        A second call for the same bytes under the same name finds the first: published ones are `unchanged`.
        """
        document_id = self._document_id(collection, new)
        with self._transaction() as db:
            collection_id = self._collection_id(db, collection)
            row = db.execute("SELECT state FROM documents WHERE id = ?", (document_id,)).fetchone()
            if row is None:
                self._insert_document(db, collection_id, document_id, new)
                return Registration(document_id, "new")
            if self._is_member(db, document_id):
                return Registration(document_id, "unchanged")
            db.execute("UPDATE documents SET state = 'reading', code = NULL, message = '' WHERE id = ?", (document_id,))
            return Registration(document_id, "unfinished")

    def read_page_numbers(self, document_id: str) -> set[int]:
        """Return the pages of a document that are in the ledger already."""
        rows = self._rows(f"SELECT page FROM pages p WHERE {_OWN_PAGES}", self._named(document_id))
        return {row["page"] for row in rows}

    def add_pages(self, document_id: str, records: Sequence[PageRecord]) -> None:
        """Write pages into the ledger of a document that is being read; a page that is there already stays."""
        with self._transaction() as db:
            self._own(db, document_id)
            for record in records:
                self._insert_page(db, document_id, record)

    def add_chunks(self, document_id: str, chunks: Sequence[Chunk], *, context: str) -> None:
        """Write a document's chunks and their terms, in place of those it had.

        Args:
            document_id: A document whose pages are all written.
            chunks: All its chunks, whose offsets point into the stored text of their pages.
            context: Words that stand for the document as a whole, such as its name and title; searched with a low
                weight.
        """
        texts = {row["page"]: row["text"] for row in self._rows(_PAGE_TEXTS, document_id)}
        with self._transaction() as db:
            self._own(db, document_id)
            self._drop_chunks(db, document_id)
            for chunk in chunks:
                self._insert_chunk(db, document_id, chunk, texts[chunk.page][chunk.start : chunk.end], context)

    def publish(self, document_id: str) -> int:
        """Make a fully read document visible in a new generation, in place of an older one of the same name.

        Returns:
            The number of the new generation.

        Raises:
            LedgerError: Some page of the document is not in the ledger.
        """
        with self._transaction() as db:
            document = self._own(db, document_id)
            read = db.execute("SELECT count(*) FROM pages WHERE document_id = ?", (document_id,)).fetchone()[0]
            if read != document["pages"]:
                msg = (
                    f"{document['name']!r} has {document['pages']} pages but {read} are accounted for; ingest it again"
                )
                raise LedgerError(msg)
            generation = self._next_generation(db, document["collection_id"], "publish", document_id)
            db.execute(
                "UPDATE memberships SET removed = ? WHERE removed IS NULL AND document_id IN "
                "(SELECT id FROM documents WHERE collection_id = ? AND name = ?)",
                (generation, document["collection_id"], document["name"]),
            )
            db.execute(
                "INSERT INTO memberships (document_id, collection_id, added) VALUES (?, ?, ?)",
                (document_id, document["collection_id"], generation),
            )
            db.execute("UPDATE documents SET state = 'published' WHERE id = ?", (document_id,))
            return generation

    def fail(self, document_id: str, *, code: str, message: str) -> None:
        """Drop what was read of a document and keep only why it could not be taken."""
        with self._transaction() as db:
            self._own(db, document_id)
            self._drop_contents(db, document_id)
            db.execute(
                "UPDATE documents SET state = 'failed', code = ?, message = ? WHERE id = ?",
                (code, message, document_id),
            )

    def remove(self, document_id: str) -> int:
        """Take a document out of its collection in a new generation; older generations still hold it.

        Raises:
            UnknownNameError: There is no such document, or it is not in its collection now.
        """
        with self._transaction() as db:
            document = self._own(db, document_id)
            if not self._is_member(db, document_id):
                raise _unknown_document(document_id)
            generation = self._next_generation(db, document["collection_id"], "remove", document_id)
            db.execute(
                "UPDATE memberships SET removed = ? WHERE document_id = ? AND removed IS NULL",
                (generation, document_id),
            )
            return generation

    def discard(self, document_id: str) -> None:
        """Forget a document that is not published: one that failed, or whose reading was given up.

        Raises:
            UnknownNameError: There is no such document, or it is published.
        """
        with self._transaction() as db:
            if self._own(db, document_id)["state"] == "published":
                raise _unknown_document(document_id)
            self._drop_contents(db, document_id)
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def unfinished(self) -> list[UnfinishedDocument]:
        """Return the documents whose reading has not ended, in all collections, oldest first."""
        rows = self._rows(
            "SELECT d.id, c.name AS collection, d.name, d.sha256 FROM documents d JOIN collections c "
            "ON c.id = d.collection_id WHERE c.tenant = ? AND d.state = 'reading' ORDER BY d.created_at, d.id",
            self._tenant,
        )
        return [UnfinishedDocument(row["id"], row["collection"], row["name"], row["sha256"]) for row in rows]

    # Reading

    def documents(self, collection: str, *, model: str) -> list[Document]:
        """Return the collection's documents, those being read and those that failed included, sorted by name.

        Args:
            collection: Name of the collection; an unknown one holds nothing.
            model: Embedding model whose vectors are counted.
        """
        rows = self._rows(
            f"{_DOCUMENT_SQL} WHERE c.tenant = :tenant AND c.name = :collection "
            "AND (d.state <> 'published' OR EXISTS (SELECT 1 FROM memberships m WHERE m.document_id = d.id "
            "AND m.removed IS NULL)) ORDER BY d.name, d.version",
            {"tenant": self._tenant, "collection": collection, "model": model},
        )
        return [_to_document(row) for row in rows]

    def document(self, document_id: str, *, model: str) -> Document:
        """Return one document.

        Raises:
            UnknownNameError: There is no such document.
        """
        values = {"tenant": self._tenant, "id": document_id, "model": model}
        rows = self._rows(f"{_DOCUMENT_SQL} WHERE c.tenant = :tenant AND d.id = :id", values)
        if not rows:
            raise _unknown_document(document_id)
        return _to_document(rows[0])

    def page_kinds(self, document_id: str) -> dict[str, int]:
        """Return how many pages of a document are of each ledger kind."""
        query = f"SELECT kind, count(*) AS n FROM pages p WHERE {_OWN_PAGES} GROUP BY kind"
        rows = self._rows(query, self._named(document_id))
        return dict.fromkeys(_KINDS, 0) | {row["kind"]: row["n"] for row in rows}

    def pages(self, document_id: str) -> list[PageRecord]:
        """Return a document's page ledger in page order.

        Raises:
            UnknownNameError: There is no such document.
        """
        self._own(self._connection(), document_id)
        rows = self._rows("SELECT * FROM pages WHERE document_id = ? ORDER BY page", document_id)
        return [_to_page(row) for row in rows]

    def page_text(self, document_id: str, page: int) -> PageText:
        """Return the stored text of one page.

        Raises:
            UnknownNameError: There is no such document or page.
        """
        row = self._row(
            "SELECT p.*, d.name, d.sha256 FROM pages p JOIN documents d ON d.id = p.document_id "
            "JOIN collections c ON c.id = d.collection_id WHERE c.tenant = ? AND d.id = ? AND p.page = ?",
            self._tenant,
            document_id,
            page,
        )
        if row is None:
            kind, remedy = "page", "see the document's page ledger"
            raise UnknownNameError(kind, f"{document_id}/{page}", remedy)
        return PageText(
            document_id, row["name"], row["sha256"], page, row["kind"], row["text"], _to_lines(row["lines"])
        )

    def unread_pages(self, document_ids: Sequence[str]) -> dict[str, list[int]]:
        """Return, by document id, the pages whose ledger says `failed`; documents without any are left out."""
        unread: dict[str, list[int]] = {}
        for row in self._rows(
            f"SELECT p.document_id, p.page FROM pages p JOIN documents d ON d.id = p.document_id "
            f"JOIN collections c ON c.id = d.collection_id WHERE p.kind = 'failed' AND c.tenant = :tenant "
            f"AND d.id IN ({_LISTED}) ORDER BY p.document_id, p.page",
            {"tenant": self._tenant, "documents": json.dumps(list(document_ids))},
        ):
            unread.setdefault(row["document_id"], []).append(row["page"])
        return unread

    def unread_pages_among(self, collection: str, *, documents: Sequence[str] | None = None) -> dict[str, list[int]]:
        """Return, by document id, the failed pages of the documents that a search of the collection looks in.

        Args:
            collection: Name of the collection; an unknown one holds nothing.
            documents: Ids of the documents that are looked in; all by default.
        """
        rows = self._rows(
            "SELECT m.document_id FROM memberships m JOIN collections c ON c.id = m.collection_id "
            "WHERE c.tenant = ? AND c.name = ? AND m.removed IS NULL",
            self._tenant,
            collection,
        )
        members = [row["document_id"] for row in rows]
        return self.unread_pages(members if documents is None else [one for one in members if one in set(documents)])

    # Search

    def search_terms(
        self,
        collection: str,
        terms: Sequence[str],
        *,
        limit: int,
        generation: int | None = None,
        documents: Sequence[str] | None = None,
    ) -> list[tuple[int, float]]:
        """Rank chunks that hold any of the terms by BM25.

        Args:
            collection: Name of the collection; an unknown one holds nothing.
            terms: As `index_terms` makes them.
            limit: How many chunks to return at most.
            generation: Which state of the collection to search; the current one by default.
            documents: Ids of the documents to look in; all by default.

        Returns:
            (chunk id, score) pairs, best first; larger scores are better.
        """
        if not terms:
            return []
        visible, values = self._visible(collection, generation, documents)
        rows = self._rows(
            f"SELECT chunk_terms.rowid AS id, -bm25(chunk_terms, 1.0, {_CONTEXT_WEIGHT}) AS score FROM chunk_terms "
            "JOIN chunks c ON c.id = chunk_terms.rowid JOIN memberships m ON m.document_id = c.document_id "
            f"WHERE chunk_terms MATCH :query AND {visible} ORDER BY score DESC, id LIMIT :limit",
            values | {"query": _match_any(terms), "limit": limit},
        )
        return [(row["id"], row["score"]) for row in rows]

    def term_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many chunks each of the terms occurs; terms that occur nowhere are left out."""
        rows = self._rows(
            "SELECT term, doc FROM chunk_vocabulary WHERE term IN (SELECT value FROM json_each(?))",
            json.dumps(list(terms)),
        )
        return {row["term"]: row["doc"] for row in rows}

    def chunk_count(self) -> int:
        """Return how many chunks the keyword index holds."""
        row = self._row("SELECT count(*) AS n FROM chunks")
        return int(row["n"]) if row else 0

    def visible_chunks(
        self, collection: str, *, generation: int | None = None, documents: Sequence[str] | None = None
    ) -> list[int]:
        """Return the ids of the chunks that a search of the collection may find."""
        visible, values = self._visible(collection, generation, documents)
        rows = self._rows(
            f"SELECT c.id FROM chunks c JOIN memberships m ON m.document_id = c.document_id WHERE {visible}", values
        )
        return [row["id"] for row in rows]

    def passages(self, chunk_ids: Sequence[int]) -> list[Passage]:
        """Return the chunks with their text, in the order of the ids; unknown ids are left out. Scores are 0."""
        rows = self._rows(
            'SELECT c.id, c.document_id, d.name, c.page, c."start", c."end", c.heading, '
            'substr(p.text, c."start" + 1, c."end" - c."start") AS text '
            "FROM chunks c JOIN documents d ON d.id = c.document_id "
            "JOIN collections k ON k.id = d.collection_id "
            "JOIN pages p ON p.document_id = c.document_id AND p.page = c.page "
            "WHERE k.tenant = :tenant AND c.id IN (SELECT value FROM json_each(:ids))",
            {"tenant": self._tenant, "ids": json.dumps(list(chunk_ids))},
        )
        by_id = {row["id"]: _to_passage(row) for row in rows}
        return [by_id[chunk_id] for chunk_id in chunk_ids if chunk_id in by_id]

    def page_chunks(self, document_id: str, page: int) -> list[int]:
        """Return the ids of the chunks of one page in reading order."""
        rows = self._rows(
            f'SELECT id FROM chunks p WHERE {_OWN_PAGES} AND page = :page ORDER BY "start"',
            self._named(document_id) | {"page": page},
        )
        return [row["id"] for row in rows]

    # Vectors

    def chunks_without_vectors(self, model: str, *, limit: int) -> list[Passage]:
        """Return published chunks that still lack a vector of the model, oldest first."""
        rows = self._rows(
            f"SELECT c.id {_WITHOUT_VECTORS} ORDER BY c.id LIMIT :limit",
            {"tenant": self._tenant, "model": model, "limit": limit},
        )
        return self.passages([row["id"] for row in rows])

    def count_without_vectors(self, model: str) -> int:
        """Return how many published chunks still lack a vector of the model."""
        row = self._row(f"SELECT count(*) AS n {_WITHOUT_VECTORS}", {"tenant": self._tenant, "model": model})
        return int(row["n"]) if row else 0

    def add_vectors(self, model: str, vectors: Mapping[int, npt.NDArray[np.float32]]) -> None:
        """Write the vectors of chunks, one a chunk and model; chunks that were deleted meanwhile are skipped."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO vectors (chunk_id, model, embedding) SELECT c.id, ?, ? FROM chunks c "
                "JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id "
                "WHERE c.id = ? AND k.tenant = ?",
                [
                    (model, vector.astype("<f4").tobytes(), chunk_id, self._tenant)
                    for chunk_id, vector in vectors.items()
                ],
            )

    def vectors_after(self, model: str, number: int, *, limit: int) -> tuple[int, list[int], npt.NDArray[np.float32]]:
        """Return the next vectors of a model in the order they were written.

        Returns:
            The number to go on after, the chunk ids, and their vectors (rows by dimensions).
        """
        rows = self._rows(
            "SELECT v.number, v.chunk_id, v.embedding FROM vectors v JOIN chunks c ON c.id = v.chunk_id "
            "JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id "
            "WHERE k.tenant = ? AND v.model = ? AND v.number > ? ORDER BY v.number LIMIT ?",
            self._tenant,
            model,
            number,
            limit,
        )
        if not rows:
            return number, [], np.empty((0, 0), np.float32)
        matrix = np.frombuffer(b"".join(row["embedding"] for row in rows), "<f4").reshape(len(rows), -1)
        return rows[-1]["number"], [row["chunk_id"] for row in rows], matrix.astype(np.float32)

    # Inside

    def _create_or_check(self) -> None:
        with self._transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                schema = resources.files("tools.store").joinpath("schema.sql").read_text(encoding="utf-8")
                for statement in _statements(schema):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version > SCHEMA_VERSION:
                msg = (
                    f"{str(self._path)!r} was written by a newer version of Pageloom (store version {version}, this "
                    f"program knows {SCHEMA_VERSION}); install that version or choose another data directory"
                )
                raise PageloomError(msg)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}").close()
            with self._lock:
                self._connections.append(connection)
            self._local.connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Take the write lock at once: a transaction that starts by reading could not be upgraded under load."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself has taken back what does not fit on the disk
                connection.execute("ROLLBACK")
            raise

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        parameters = values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        with closing(self._connection().execute(sql, parameters)) as cursor:
            return cursor.fetchall()

    def _row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _document_id(self, collection: str, new: NewDocument) -> str:
        """Derive the id from what makes a document itself, so that a repeated ingest arrives at the same one."""
        identity = json.dumps([self._tenant, collection, new.name, new.sha256])
        return hashlib.sha256(identity.encode()).hexdigest()[:20]

    def _collection_id(self, db: sqlite3.Connection, name: str) -> int:
        db.execute("INSERT OR IGNORE INTO collections (tenant, name) VALUES (?, ?)", (self._tenant, name))
        row = db.execute("SELECT id FROM collections WHERE tenant = ? AND name = ?", (self._tenant, name)).fetchone()
        return int(row["id"])

    def _insert_document(self, db: sqlite3.Connection, collection_id: int, document_id: str, new: NewDocument) -> None:
        version = db.execute(
            "SELECT coalesce(max(version), 0) + 1 FROM documents WHERE collection_id = ? AND name = ?",
            (collection_id, new.name),
        ).fetchone()[0]
        db.execute(
            "INSERT INTO documents (id, collection_id, name, sha256, bytes, pages, version, title, state, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'reading', ?)",
            (document_id, collection_id, new.name, new.sha256, new.bytes, new.pages, version, new.title, _now()),
        )

    def _named(self, document_id: str) -> dict[str, Any]:
        return {"id": document_id, "tenant": self._tenant}

    def _own(self, db: sqlite3.Connection, document_id: str) -> sqlite3.Row:
        """Return a document's row, if it is this tenant's."""
        row: sqlite3.Row | None = db.execute(
            "SELECT d.* FROM documents d JOIN collections c ON c.id = d.collection_id WHERE c.tenant = ? AND d.id = ?",
            (self._tenant, document_id),
        ).fetchone()
        if row is None:
            raise _unknown_document(document_id)
        return row

    def _is_member(self, db: sqlite3.Connection, document_id: str) -> bool:
        query = "SELECT 1 FROM memberships WHERE document_id = ? AND removed IS NULL"
        return db.execute(query, (document_id,)).fetchone() is not None

    def _next_generation(self, db: sqlite3.Connection, collection_id: int, event: str, document_id: str) -> int:
        row = db.execute(
            "UPDATE collections SET generation = generation + 1 WHERE id = ? RETURNING generation", (collection_id,)
        ).fetchone()
        db.execute(
            "INSERT INTO generations (collection_id, number, event, document_id, created_at) VALUES (?, ?, ?, ?, ?)",
            (collection_id, row["generation"], event, document_id, _now()),
        )
        return int(row["generation"])

    def _insert_page(self, db: sqlite3.Connection, document_id: str, record: PageRecord) -> None:
        db.execute(
            "INSERT OR IGNORE INTO pages (document_id, page, kind, reason, text, width, height, confidence, seconds, "
            "language, figures, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document_id,
                record.page,
                record.kind,
                record.reason,
                record.text,
                record.width,
                record.height,
                record.confidence,
                record.seconds,
                record.language,
                json.dumps(dict(record.figures), sort_keys=True),
                json.dumps([[line.start, line.end, *line.box] for line in record.lines]),
            ),
        )

    def _insert_chunk(self, db: sqlite3.Connection, document_id: str, chunk: Chunk, text: str, context: str) -> None:
        cursor = db.execute(
            'INSERT INTO chunks (document_id, page, "start", "end", heading) VALUES (?, ?, ?, ?, ?)',
            (document_id, chunk.page, chunk.start, chunk.end, chunk.heading),
        )
        db.execute(
            "INSERT INTO chunk_terms (rowid, body, context) VALUES (?, ?, ?)",
            (cursor.lastrowid, " ".join(index_terms(text)), " ".join(index_terms(f"{context} {chunk.heading}"))),
        )

    def _drop_contents(self, db: sqlite3.Connection, document_id: str) -> None:
        self._drop_chunks(db, document_id)
        db.execute("DELETE FROM pages WHERE document_id = ?", (document_id,))

    def _drop_chunks(self, db: sqlite3.Connection, document_id: str) -> None:
        chunks = "SELECT id FROM chunks WHERE document_id = ?"
        db.execute(f"DELETE FROM chunk_terms WHERE rowid IN ({chunks})", (document_id,))
        db.execute("DELETE FROM chunks WHERE document_id = ?", (document_id,))

    def _visible(
        self, collection: str, generation: int | None, documents: Sequence[str] | None
    ) -> tuple[str, dict[str, Any]]:
        """Return the condition, and its values, that holds for the chunks a reader of the collection may see."""
        query = "SELECT id, generation FROM collections WHERE tenant = ? AND name = ?"
        row = self._row(query, self._tenant, collection)
        values: dict[str, Any] = {
            "collection": row["id"] if row else -1,
            "generation": generation if generation is not None else row["generation"] if row else 0,
        }
        if documents is None:
            return _VISIBLE, values
        return f"{_VISIBLE} AND c.document_id IN ({_LISTED})", values | {"documents": json.dumps(list(documents))}


_OWN_PAGES = (
    "p.document_id = :id AND EXISTS (SELECT 1 FROM documents d JOIN collections k ON k.id = d.collection_id "
    "WHERE d.id = :id AND k.tenant = :tenant)"
)
_PAGE_TEXTS = "SELECT page, text FROM pages WHERE document_id = ? ORDER BY page"
_WITHOUT_VECTORS = (
    "FROM chunks c JOIN memberships m ON m.document_id = c.document_id AND m.removed IS NULL "
    "JOIN collections k ON k.id = m.collection_id WHERE k.tenant = :tenant AND NOT EXISTS "
    "(SELECT 1 FROM vectors v WHERE v.chunk_id = c.id AND v.model = :model)"
)
_LISTED = "SELECT value FROM json_each(:documents)"
_DOCUMENT_SQL = (
    "SELECT d.*, (SELECT count(*) FROM chunks k WHERE k.document_id = d.id) AS chunks, "
    "(SELECT count(*) FROM chunks k JOIN vectors v ON v.chunk_id = k.id AND v.model = :model "
    "WHERE k.document_id = d.id) AS vectors, "
    "(SELECT json_group_object(kind, n) FROM (SELECT kind, count(*) AS n FROM pages p WHERE p.document_id = d.id "
    "GROUP BY kind)) AS kinds FROM documents d JOIN collections c ON c.id = d.collection_id"
)


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, so that all of them run in one transaction (`executescript` would commit)."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _match_any(terms: Sequence[str]) -> str:
    return " OR ".join(f'"{term}"' for term in dict.fromkeys(terms))


def _unknown_document(document_id: str) -> UnknownNameError:
    kind, remedy = "document", "list the documents to see their ids"
    return UnknownNameError(kind, document_id, remedy)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _to_document(row: sqlite3.Row) -> Document:
    return Document(
        id=row["id"],
        name=row["name"],
        sha256=row["sha256"],
        bytes=row["bytes"],
        pages=row["pages"],
        version=row["version"],
        title=row["title"],
        state=_state(row),
        code=row["code"],
        message=row["message"],
        created_at=row["created_at"],
        page_kinds=dict.fromkeys(_KINDS, 0) | json.loads(row["kinds"]),
        chunks=row["chunks"],
        vectors=row["vectors"],
    )


def _state(row: sqlite3.Row) -> DocumentState:
    if row["state"] != "published":
        return "failed" if row["state"] == "failed" else "reading"
    return "ready" if row["vectors"] >= row["chunks"] else "searchable"


def _to_page(row: sqlite3.Row) -> PageRecord:
    return PageRecord(
        page=row["page"],
        kind=row["kind"],
        reason=row["reason"],
        text=row["text"],
        width=row["width"],
        height=row["height"],
        confidence=row["confidence"],
        seconds=row["seconds"],
        language=row["language"],
        figures=json.loads(row["figures"]),
        lines=_to_lines(row["lines"]),
    )


def _to_lines(stored: str) -> tuple[TextLine, ...]:
    return tuple(
        TextLine(start, end, (left, top, right, bottom)) for start, end, left, top, right, bottom in json.loads(stored)
    )


def _to_passage(row: sqlite3.Row) -> Passage:
    return Passage(
        chunk_id=row["id"],
        document_id=row["document_id"],
        document=row["name"],
        page=row["page"],
        start=row["start"],
        end=row["end"],
        heading=row["heading"],
        text=row["text"],
        score=0.0,
    )
