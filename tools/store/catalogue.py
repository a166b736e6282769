"""Collections, documents, their pages, and the generations in which they come and go."""

# SQL is put together from constants of this file only; values are always bound.
# ruff: noqa: S608

import hashlib
import json
import sqlite3
from collections.abc import Sequence

from tools.errors import PageloomError, UnknownNameError
from tools.store.database import LISTED, OWN_PAGES, Database, now, unknown_document
from tools.store.types import Document, DocumentState, NewDocument, PageText, Registration, UnfinishedDocument
from tools.types import Chunk, PageRecord, TextLine
from tools.words import index_terms

_KINDS = ("text", "ocr", "blank", "failed")


class LedgerError(PageloomError):
    """Raised when a document is to be published whose pages are not all accounted for."""

    code = "ledger"


class Catalogue(Database):
    """What there is, and since when."""

    def generation(self, collection: str) -> int:
        """Return the number of the collection's current generation; 0 when nothing was ever published in it."""
        row = self._row("SELECT generation FROM collections WHERE tenant = ? AND name = ?", self._tenant, collection)
        return int(row["generation"]) if row else 0

    def collections(self) -> list[str]:
        """Return the names of the collections, sorted."""
        rows = self._rows("SELECT name FROM collections WHERE tenant = ? ORDER BY name", self._tenant)
        return [row["name"] for row in rows]

    def register(self, collection: str, new: NewDocument) -> Registration:
        """Make a document known before its pages are read; it stays invisible until `publish`.

        A second call for the same bytes under the same name finds the first: published ones are `unchanged`. What was
        removed, or replaced, comes back as it was, since older generations still hold it: it is `restored` at once.
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
            if row["state"] == "published":
                self._add_member(db, document_id, collection_id, new.name)
                return Registration(document_id, "restored")
            db.execute("UPDATE documents SET state = 'reading', code = NULL, message = '' WHERE id = ?", (document_id,))
            return Registration(document_id, "unfinished")

    def read_page_numbers(self, document_id: str) -> set[int]:
        """Return the pages of a document that are in the ledger already."""
        rows = self._rows(f"SELECT page FROM pages p WHERE {OWN_PAGES}", self._named(document_id))
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

        A document that was overtaken, while it was read, by a newer one of its name is kept but not shown.

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
            if self._has_newer_member(db, document):
                db.execute("UPDATE documents SET state = 'published' WHERE id = ?", (document_id,))
                return _current_generation(db, document["collection_id"])
            return self._add_member(db, document_id, document["collection_id"], document["name"])

    def fail(self, document_id: str, *, code: str, message: str) -> None:
        """Drop what was read of a document and keep only why it could not be taken.

        One that is published stays as it is: another process read the same file and came through.
        """
        with self._transaction() as db:
            if self._own(db, document_id)["state"] == "published":
                return
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
                raise unknown_document(document_id)
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
                raise unknown_document(document_id)
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

    def documents(self, collection: str, *, model: str) -> list[Document]:
        """Return the collection's documents, those being read and those that failed included, sorted by name.

        Args:
            collection: Name of the collection; an unknown one holds nothing.
            model: Embedding model whose vectors are counted.
        """
        rows = self._rows(
            f"{_DOCUMENT_SQL} AND c.name = :collection ORDER BY d.name, d.version",
            {"tenant": self._tenant, "collection": collection, "model": model},
        )
        return [_to_document(row) for row in rows]

    def document(self, document_id: str, *, model: str) -> Document:
        """Return one document of those that `documents` lists.

        Raises:
            UnknownNameError: There is no such document, or it was removed.
        """
        values = {"tenant": self._tenant, "id": document_id, "model": model}
        rows = self._rows(f"{_DOCUMENT_SQL} AND d.id = :id", values)
        if not rows:
            raise unknown_document(document_id)
        return _to_document(rows[0])

    def page_kinds(self, document_id: str) -> dict[str, int]:
        """Return how many pages of a document are of each ledger kind."""
        query = f"SELECT kind, count(*) AS n FROM pages p WHERE {OWN_PAGES} GROUP BY kind"
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
            f"AND d.id IN ({LISTED}) ORDER BY p.document_id, p.page",
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
            (document_id, collection_id, new.name, new.sha256, new.bytes, new.pages, version, new.title, now()),
        )

    def _add_member(self, db: sqlite3.Connection, document_id: str, collection_id: int, name: str) -> int:
        """Make a document visible in a new generation, in place of the one of the same name."""
        generation = self._next_generation(db, collection_id, "publish", document_id)
        db.execute(
            "UPDATE memberships SET removed = ? WHERE removed IS NULL AND document_id IN "
            "(SELECT id FROM documents WHERE collection_id = ? AND name = ?)",
            (generation, collection_id, name),
        )
        db.execute(
            "INSERT INTO memberships (document_id, collection_id, added) VALUES (?, ?, ?)",
            (document_id, collection_id, generation),
        )
        db.execute("UPDATE documents SET state = 'published' WHERE id = ?", (document_id,))
        return generation

    def _has_newer_member(self, db: sqlite3.Connection, document: sqlite3.Row) -> bool:
        query = (
            "SELECT 1 FROM documents d JOIN memberships m ON m.document_id = d.id AND m.removed IS NULL "
            "WHERE d.collection_id = ? AND d.name = ? AND d.version > ?"
        )
        row = db.execute(query, (document["collection_id"], document["name"], document["version"])).fetchone()
        return row is not None

    def _is_member(self, db: sqlite3.Connection, document_id: str) -> bool:
        query = "SELECT 1 FROM memberships WHERE document_id = ? AND removed IS NULL"
        return db.execute(query, (document_id,)).fetchone() is not None

    def _next_generation(self, db: sqlite3.Connection, collection_id: int, event: str, document_id: str) -> int:
        row = db.execute(
            "UPDATE collections SET generation = generation + 1 WHERE id = ? RETURNING generation", (collection_id,)
        ).fetchone()
        db.execute(
            "INSERT INTO generations (collection_id, number, event, document_id, created_at) VALUES (?, ?, ?, ?, ?)",
            (collection_id, row["generation"], event, document_id, now()),
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


_PAGE_TEXTS = "SELECT page, text FROM pages WHERE document_id = ? ORDER BY page"
_DOCUMENT_SQL = (
    "SELECT d.*, (SELECT count(*) FROM chunks k WHERE k.document_id = d.id) AS chunks, "
    "(SELECT count(*) FROM chunks k JOIN vectors v ON v.chunk_id = k.id AND v.model = :model "
    "WHERE k.document_id = d.id) AS vectors, "
    "(SELECT json_group_object(kind, n) FROM (SELECT kind, count(*) AS n FROM pages p WHERE p.document_id = d.id "
    "GROUP BY kind)) AS kinds FROM documents d JOIN collections c ON c.id = d.collection_id "
    "WHERE c.tenant = :tenant AND (d.state <> 'published' "
    "OR EXISTS (SELECT 1 FROM memberships m WHERE m.document_id = d.id AND m.removed IS NULL))"
)


def _current_generation(db: sqlite3.Connection, collection_id: int) -> int:
    return int(db.execute("SELECT generation FROM collections WHERE id = ?", (collection_id,)).fetchone()[0])


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
