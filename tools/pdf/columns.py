"""Put lines that run across columns back into columns: some programs draw a page row by row over all of them."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pypdfium2 import raw

from tools.pdf.order import reading_rows
from tools.pdf.textlayer import Line
from tools.pdf.view import View
from tools.types import Box

_GAP = 0.8
"""A gap of more line heights than this inside a line may be a gutter."""
_MIN_JUMPS = 8
_JUMPING = 0.25
"""Pages where fewer lines than this share have such gaps are left alone."""
_GUTTER = 3.0
"""Line heights; columns of a table mostly stand further apart, those of prose come as near in some lines at least."""
_FAR = 3
"""Rows."""
_SCATTERED = 0.2
"""Share of the lines that must fall apart before the order of a page is changed."""


@dataclass(frozen=True)
class _Piece:
    text: str
    start: int
    box: Box


def in_reading_order(text_page: Any, view: View, lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a page column by column if they run across columns of prose, else as they are."""
    if not _jump_gutters(text_page, view, len(lines)):
        return list(lines)
    cut = [list(_pieces(text_page, view, line)) for line in lines]
    pieces = [piece for line in cut for piece in line]
    rows = reading_rows([piece.box for piece in pieces])
    if not _are_scattered(cut, rows):
        return list(lines)
    return [_to_line([pieces[index] for index in row]) for row in rows]


def _are_scattered(lines: Sequence[Sequence[_Piece]], rows: Sequence[Sequence[int]]) -> bool:
    """Tell whether many lines fall apart into rows far from each other, and narrow gutters as between prose do it."""
    row_of = {index: number for number, row in enumerate(rows) for index in row}
    first = 0
    gaps = []
    for line in lines:
        places = [row_of[first + offset] for offset in range(len(line))]
        if max(places, default=0) - min(places, default=0) > _FAR:
            gaps.append(_narrowest_gap(line))
        first += len(line)
    enough = len(gaps) >= max(_MIN_JUMPS, _SCATTERED * len(lines))
    return enough and sorted(gaps)[len(gaps) // 10] < _GUTTER


def _narrowest_gap(line: Sequence[_Piece]) -> float:
    """Return the narrowest gap between the pieces of a line, in line heights."""
    pairs = pairwise(piece.box for piece in line)
    gaps = [_gap(left, right) for left, right in pairs if right[0] > left[2]]
    return min(gaps, default=float("inf"))


def _jump_gutters(text_page: Any, view: View, lines: int) -> bool:
    """Tell whether many lines go on to the right of a wide gap; cheap, as it looks at runs of text only."""
    boxes = (view.box(text_page.get_rect(number)) for number in range(text_page.count_rects()))
    gaps = [_gap(left, right) for left, right in pairwise(boxes) if _is_gap(left, right)]
    narrow = sum(gap < _GUTTER for gap in gaps)
    return len(gaps) >= max(_MIN_JUMPS, _JUMPING * lines) and narrow >= max(_MIN_JUMPS / 2, len(gaps) / 10)


def _gap(left: Box, right: Box) -> float:
    return (right[0] - left[2]) / max(left[3] - left[1], 1.0)


def _pieces(text_page: Any, view: View, line: Line) -> Iterator[_Piece]:
    """Cut a line at its wide gaps."""
    text, start = "", line.start
    box = last = None
    for index in range(line.start, line.end):
        character, spot = _character(text_page, view, index)
        if box and last and spot and (_is_gap(last, spot) or _is_elsewhere(last, spot)):
            yield _Piece(text, start, box)
            text, start, box = "", index, None
        text += character
        if spot:
            box = _union(box, spot) if box else spot
            last = spot
    if box:
        yield _Piece(text, start, box)


def _character(text_page: Any, view: View, text_index: int) -> tuple[str, Box | None]:
    """Return a character and its box, `None` for blanks and for what lies outside the visible page."""
    index = raw.FPDFText_GetCharIndexFromTextIndex(text_page.raw, text_index)
    character = chr(raw.FPDFText_GetUnicode(text_page.raw, index))
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if character.isspace() or not raw.FPDFText_GetCharBox(text_page.raw, index, left, right, bottom, top):
        return character, None
    if not view.shows((left.value + right.value) / 2, (bottom.value + top.value) / 2):
        return "", None
    return character, view.box((left.value, bottom.value, right.value, top.value))


def _is_gap(left: Box, right: Box) -> bool:
    height = max(left[3] - left[1], right[3] - right[1])
    side_by_side = min(left[3], right[3]) - max(left[1], right[1]) > 0
    return side_by_side and right[0] - left[2] > _GAP * height


def _is_elsewhere(left: Box, right: Box) -> bool:
    """Tell whether a line goes on far to the left, or behind a gap on another height."""
    height = max(left[3] - left[1], right[3] - right[1])
    apart = right[1] > left[3] or left[1] > right[3]
    return right[0] < left[0] - height or (apart and right[0] - left[2] > height / 2)


def _to_line(pieces: Sequence[_Piece]) -> Line:
    first = pieces[0]
    text = " ".join(piece.text.strip() for piece in pieces)
    return Line(text, first.start, first.start, first.box[0], max(piece.box[3] for piece in pieces))


def _union(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
