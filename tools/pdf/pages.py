"""What reading a PDF yields before OCR: the opened file, and one finding per page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tools.types import Box

Decision = Literal["text", "ocr", "blank", "failed"]
Engine = Literal["pdfium", "pypdf"]


@dataclass(frozen=True)
class Inspection:
    """What is known of a PDF once it has been opened."""

    pages: int
    title: str
    """Title from the document's own data, empty when it has none."""
    encrypted: bool
    """Whether the file is encrypted, with or without a password to open it."""
    engine: Engine
    """The reader that opens the file; `pypdf` only when pdfium cannot."""


@dataclass(frozen=True)
class PageRead:
    """What the text layer of one page holds and what is to be done about the page."""

    page: int
    """1-based number of the page in the file."""
    decision: Decision
    """`text`: the text layer will do. `ocr`: read the picture of the page. `blank`, `failed`: nothing to read."""
    reason: str
    """Short code for the decision, such as `text-layer`, `no-text-layer`, `garbled` or `time-limit`."""
    text: str
    """The text layer, normalised; not to be trusted when it is garbled."""
    width: float = 0.0
    """Points, as shown (rotation applied)."""
    height: float = 0.0
    merge: bool = False
    """Whether OCR adds to the text layer instead of replacing it."""
    regions: tuple[Box, ...] = ()
    """The only parts of the page that OCR has to read; empty means all of it."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """The measured signs that the decision rests on."""
    seconds: float = 0.0
