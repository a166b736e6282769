"""A SQLite file: connections, transactions and the schema, for one tenant."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from tools.errors import PageloomError, UnknownNameError

SCHEMA_VERSION = 1
_BUSY_TIMEOUT_MS = 30_000
_SWITCH_RETRY_S = 0.01


class Database:
    """One tenant's view of a file that several threads and processes use at the same time."""

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
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._create_or_check()
        except PageloomError:
            self.close()
            raise
        except sqlite3.DatabaseError as exc:
            self.close()
            if exc.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            msg = f"{str(path)!r} is not a store of Pageloom; choose another data directory, or restore a backup"
            raise PageloomError(msg) from exc

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            self._closed = True
            while self._connections:
                self._connections.pop().close()

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
            connection = self._connect()
            _write_ahead(connection)
            for pragma in ("synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}").close()
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        """Open a connection that `close` will close; work that is still under way then gets none."""
        with self._lock:
            if self._closed:
                msg = "the store is closed"
                raise PageloomError(msg)
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
            )
            self._connections.append(connection)
        connection.row_factory = sqlite3.Row
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

    def _own(self, db: sqlite3.Connection, document_id: str) -> sqlite3.Row:
        """Return a document's row, if it is this tenant's."""
        row: sqlite3.Row | None = db.execute(
            "SELECT d.* FROM documents d JOIN collections c ON c.id = d.collection_id WHERE c.tenant = ? AND d.id = ?",
            (self._tenant, document_id),
        ).fetchone()
        if row is None:
            raise unknown_document(document_id)
        return row

    def _named(self, document_id: str) -> dict[str, Any]:
        return {"id": document_id, "tenant": self._tenant}


OWN_PAGES = (
    "p.document_id = :id AND EXISTS (SELECT 1 FROM documents d JOIN collections k ON k.id = d.collection_id "
    "WHERE d.id = :id AND k.tenant = :tenant)"
)
LISTED = "SELECT value FROM json_each(:documents)"


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, waiting while another opener of the same new file does: SQLite itself does not."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_RETRY_S)


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, so that all of them run in one transaction (`executescript` would commit)."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def unknown_document(document_id: str) -> UnknownNameError:
    """Build the error for a document that is not there, or not this tenant's."""
    kind, remedy = "document", "list the documents to see their ids"
    return UnknownNameError(kind, document_id, remedy)


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
