"""Domain types shared by every layer.

Frozen dataclasses are what tools hand to each other; `TypedDict`s are what crosses the graph, the checkpointer and
HTTP, so they hold plain JSON types only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from typing_extensions import TypedDict

DocumentId = NewType("DocumentId", str)
ChunkId = NewType("ChunkId", int)

PageKind = Literal["text", "ocr", "blank", "failed"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in PDF points, origin at the top left of the page as shown."""

CitationStatus = Literal["verified", "repaired", "unverified"]
Reason = Literal["empty_collection", "no_match", "weak_match", "no_answer", "unproven"]
"""Why an answer was refused.

`empty_collection`: there is nothing to search. `no_match`: no passage shares a word or a meaning with the question.
`weak_match`: the nearest passages lack what the question turns on. `no_answer`: the model found no answer in them.
`unproven`: the model answered, but nothing it cited stands on the page.
"""


@dataclass(frozen=True)
class TextLine:
    """One recognised line of an OCR page."""

    start: int
    """Offset of its first character in the page's stored text."""
    end: int
    """Offset after its last character."""
    box: Box


@dataclass(frozen=True)
class PageRecord:
    """One row of the page ledger: what became of a page, and the figures behind it."""

    page: int
    """1-based number of the page in the file."""
    kind: PageKind
    reason: str
    """Short code for the decision, such as `text-layer`, `no-text-on-image`, `blank` or `time-limit`."""
    text: str
    """The stored text that offsets of chunks and citations point into; empty when blank or failed."""
    width: float
    """Points, as shown (rotation applied)."""
    height: float
    confidence: float | None = None
    """Mean OCR score from 0 to 1; `None` unless something was recognised by OCR."""
    seconds: float = 0.0
    language: str = ""
    """ISO 639-1 code guessed from the text, empty when unsure."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """The measured signs that the decision rests on."""
    lines: tuple[TextLine, ...] = ()
    """Boxes of recognised lines; empty for pages read from a text layer, whose boxes are found on demand."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of one page that is indexed and retrieved as a whole."""

    page: int
    start: int
    end: int
    heading: str
    """The heading the chunk stands under, empty when none was recognised; searched with the text, never quoted."""


class Passage(TypedDict):
    """A retrieved chunk on its way to the answer."""

    chunk_id: int
    document_id: str
    document: str
    page: int
    start: int
    end: int
    heading: str
    text: str
    score: float


class Citation(TypedDict):
    """One proven (or marked) quotation of a page."""

    id: int
    document_id: str
    document: str
    page: int
    quote: str
    start: int
    end: int
    boxes: list[list[float]]
    status: CitationStatus


class UnreadPages(TypedDict):
    """Pages of one document that could not be read."""

    document: str
    pages: list[int]


class NearestPage(TypedDict):
    """A page that came closest when nothing was good enough."""

    document_id: str
    document: str
    page: int


class Usage(TypedDict):
    """Tokens a model reports; zeros for models that do not count."""

    input_tokens: int
    output_tokens: int


class Answer(TypedDict):
    """The answer object: what every door returns."""

    question: str
    answer: str
    found: bool
    reason: Reason | None
    citations: list[Citation]
    nearest_pages: list[NearestPage]
    unread_pages: list[UnreadPages]
    collection: str
    generation: int
    model: str
    thread_id: str
    run_id: str
    timings: dict[str, float]
    usage: Usage


class Turn(TypedDict):
    """One question and its answer, as a thread remembers them."""

    question: str
    standalone_question: str
    answer: str
    places: list[NearestPage]
    """The pages that were cited."""


class IngestedDocument(TypedDict):
    """What became of one file that was handed over for ingest."""

    path: str
    name: str
    id: str | None
    state: Literal["ingested", "unchanged", "failed"]
    code: str | None
    message: str
    pages: int
    page_kinds: dict[str, int]
