"""Read the text layer of a page: its lines in reading order, without what lies outside the visible page."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from pypdfium2 import raw

from tools.pdf.normalize import normalize
from tools.pdf.view import View

_PARAGRAPH_GAP = 1.3
"""Lines further apart than this many times the usual distance have a paragraph gap between them."""
_MIN_LINES = 4


@dataclass(frozen=True)
class Line:
    """One line of the text layer, not yet normalised."""

    text: str
    start: int
    """Offset of its first character in the raw text."""
    end: int
    """Offset after its last character; 0 characters for a line that was put together."""
    x: float
    """Where it starts, in the view."""
    y: float


def layer_text(lines: Sequence[Line]) -> str:
    """Return the text that is stored for a page."""
    return normalize(_with_gaps(lines))


def visible_lines(text_page: Any, view: View) -> Iterator[Line]:
    """Yield the lines of a page that lie on its visible part, cut where they leave it."""
    text: str = text_page.get_text_range()
    start = 0
    for piece in text.split("\r\n"):
        if piece.strip() and (line := _visible(text_page, view, piece, start)):
            yield line
        start += len(piece) + 2


def _visible(text_page: Any, view: View, text: str, start: int) -> Line | None:
    first = start + len(text) - len(text.lstrip())
    last = start + len(text.rstrip()) - 1
    head, tail = _origin(text_page, first), _origin(text_page, last)
    end = start + len(text)
    if not (view.shows(*head) and view.shows(*tail)):
        text = "".join(c for i, c in enumerate(text, start) if view.shows(*_origin(text_page, i)))
    if not text.strip():
        return None
    x, y = view.point(*head)
    return Line(text, start, end, x, y)


def _origin(text_page: Any, text_index: int) -> tuple[float, float]:
    index = raw.FPDFText_GetCharIndexFromTextIndex(text_page.raw, text_index)
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page.raw, index, x, y)
    return x.value, y.value


def _with_gaps(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the lines with an empty one wherever the distance to the next is unusually large."""
    steps = [below.y - above.y for above, below in pairwise(lines)]
    downward = [step for step in steps if step > 1]
    usual = median(downward) if len(downward) >= _MIN_LINES else float("inf")
    for index, line in enumerate(lines):
        if index and steps[index - 1] > _PARAGRAPH_GAP * usual:
            yield ""
        yield line.text
