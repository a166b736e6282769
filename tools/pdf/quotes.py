"""Find a quote on a page and box it. Boxes are made on demand: all characters of a page would be a lot to store."""

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pypdfium2 import raw

from tools.pdf.columns import in_reading_order
from tools.pdf.textlayer import layer_text, visible_lines
from tools.pdf.view import View, view_of
from tools.types import Box

_HYPHENS = "-\u2010\u2011\u0002\u00ad\ufffe"
_SAME_LINE = 0.5
"""Boxes that overlap vertically by this share of the lower one stand on one line."""
_NEAR = 3.0
"""Boxes of one line are merged when the gap is smaller than this many line heights."""


def locate(page: Any, quote: str, start: int = 0) -> list[Box]:
    """Return the boxes of a quote, one per line; of several occurrences the one nearest to `start` of the stored text.

    When the quote does not stand on the page in one piece its lines are looked for one by one; nothing found is an
    empty list.
    """
    view = view_of(page)
    text_page = page.get_textpage()
    folded, indexes = _fold_page(text_page)
    near = len(fold(_stored_text(text_page, view)[:start])) if start else 0
    ranges = _find(folded, quote, near) or [found for line in quote.split("\n") for found in _find(folded, line, near)]
    boxes = [view.box(rect) for first, last in ranges for rect in _rects(text_page, indexes[first], indexes[last])]
    text_page.close()
    return merge_lines(boxes, view)


def fold(text: str) -> str:
    """Drop what differs between a page and its stored text: case, blanks, hyphens, ligatures, width."""
    return "".join(_fold_character(character) for character in text)


def merge_lines(boxes: Iterable[Box], view: View) -> list[Box]:
    """Merge neighbouring boxes of one line, cut to the page, rounded to hundredths of a point."""
    merged: list[Box] = []
    for box in boxes:
        if merged and _continues(merged[-1], box):
            merged[-1] = _union(merged[-1], box)
        else:
            merged.append(box)
    return [_rounded(box, view) for box in merged]


def _stored_text(text_page: Any, view: View) -> str:
    return layer_text(in_reading_order(text_page, view, list(visible_lines(text_page, view))))


def _fold_page(text_page: Any) -> tuple[str, list[int]]:
    """Fold the characters of a page, and say for each folded one which character it came from."""
    characters: list[str] = []
    indexes: list[int] = []
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page.raw, index)
        for character in _fold_character(chr(code)) if code <= sys.maxunicode else "":
            characters.append(character)
            indexes.append(index)
    return "".join(characters), indexes


def _fold_character(character: str) -> str:
    if character in _HYPHENS:
        return ""
    folded = unicodedata.normalize("NFKC", character).lower()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] != "C")


def _find(folded: str, quote: str, near: int) -> list[tuple[int, int]]:
    wanted = fold(quote)
    starts = list(_occurrences(folded, wanted)) if wanted else []
    if not starts:
        return []
    best = min(starts, key=lambda start: abs(start - near))
    return [(best, best + len(wanted) - 1)]


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted)
    while start >= 0:
        yield start
        start = text.find(wanted, start + 1)


def _rects(text_page: Any, first: int, last: int) -> list[Sequence[float]]:
    total = text_page.count_rects(first, last - first + 1)
    return [text_page.get_rect(number) for number in range(total)]


def _continues(left: Box, right: Box) -> bool:
    height = min(left[3] - left[1], right[3] - right[1])
    overlap = min(left[3], right[3]) - max(left[1], right[1])
    gap = max(right[0] - left[2], left[0] - right[2])
    return overlap >= _SAME_LINE * height and gap <= _NEAR * max(height, 1.0)


def _union(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _rounded(box: Box, view: View) -> Box:
    left, top, right, bottom = box
    return (
        round(max(0.0, left), 2),
        round(max(0.0, top), 2),
        round(min(view.width, right), 2),
        round(min(view.height, bottom), 2),
    )
