"""The knowledge store on SQLite: write-ahead log, one writer at a time, readers never wait."""

from tools.store.catalogue import Catalogue
from tools.store.passages import Passages


class SqliteStore(Catalogue, Passages):
    """Everything one tenant knows, in one file.

    Methods block for milliseconds: call them in a thread from asynchronous code. Any thread may call; each gets a
    connection of its own. All changes are transactions; a crash leaves the state before or after one.
    """
