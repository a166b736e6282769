"""What the store takes and gives."""

from dataclasses import dataclass
from typing import Literal

from tools.types import TextLine

DocumentState = Literal["reading", "searchable", "ready", "failed"]
"""`reading`: pages are being read, nothing is visible yet. `searchable`: published, found by keyword, vectors pending.
`ready`: published with all its vectors. `failed`: the file could not be taken; `code` says why."""


@dataclass(frozen=True)
class NewDocument:
    """A file on its way into a collection."""

    name: str
    """The file as the collection knows it: its base name, or its path below the ingested directory."""
    sha256: str
    bytes: int
    pages: int
    title: str = ""


@dataclass(frozen=True)
class Registration:
    """What the store knows of a file before it is read."""

    document_id: str
    state: Literal["new", "unfinished", "unchanged", "restored"]
    """`new`: never seen. `unfinished`: an earlier ingest stopped half way. `unchanged`: these bytes are published.
    `restored`: they had been removed or replaced, and are published again."""


@dataclass(frozen=True)
class Document:
    """A document as listings show it."""

    id: str
    name: str
    sha256: str
    bytes: int
    pages: int
    version: int
    """1 for the first file of this name in the collection, one more for each that replaced it."""
    title: str
    state: DocumentState
    code: str | None
    message: str
    created_at: str
    """UTC, ISO 8601."""
    page_kinds: dict[str, int]
    """Pages by ledger kind; they add up to `pages` once the document is published."""
    chunks: int
    vectors: int


@dataclass(frozen=True)
class UnfinishedDocument:
    """A document whose reading was begun and has not ended."""

    id: str
    collection: str
    name: str
    sha256: str


@dataclass(frozen=True)
class PageText:
    """The stored text of one page with what is needed to box a quote on it."""

    document_id: str
    document: str
    sha256: str
    page: int
    kind: str
    text: str
    lines: tuple[TextLine, ...]
