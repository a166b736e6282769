"""The knowledge store: the one truth about collections, documents, pages, chunks and vectors."""

from tools.store.files import FileStore
from tools.store.sqlite import SqliteStore
from tools.store.types import Document, DocumentState, NewDocument, PageText, Registration, UnfinishedDocument

__all__ = [
    "Document",
    "DocumentState",
    "FileStore",
    "NewDocument",
    "PageText",
    "Registration",
    "SqliteStore",
    "UnfinishedDocument",
]
