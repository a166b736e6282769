"""Split stored page text into sentences and chunks, keeping exact character offsets."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tools.furniture import mask_numbers
from tools.types import Chunk

_CJK_END = "。！？；"
_ENDING = re.compile(
    rf"[{_CJK_END}]+[”\u2019」』）)]*"  # Chinese: no blank follows
    r"|[.!?…]+[\"'”\u2019»)\]]*(?=\s)"  # Latin: a blank follows
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|vs|etc|cf|e\.g|i\.e|al|Fig|Figs|Eq|Sec|No|Nos|"
    r"pp|vol|ed|eds|approx|dept|est|U\.S|a\.m|p\.m|Nr|bzw|z\.B|d\.h|ca|usw|Abs|art|M|Mme|Mlle|janv|févr|juill|sept|oct|"
    r"nov|déc|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)$"
)
_LIST_MARK = re.compile(
    r"(?:[•●▪■◆‣·○\u2013—*-]|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)]|[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、)\s*\S"
)
_SHORT_LINE = 0.7
"""A line shorter than this share of the page's long lines was ended by its author, not by the margin."""


@dataclass(frozen=True)
class SplitSizes:
    """How large chunks are, in characters."""

    target: int = 700
    """A chunk is closed once it has this many characters."""
    limit: int = 1200
    """No chunk is longer than this, even when a sentence is."""
    cjk_target: int = 320
    """The same for pages that are mainly Chinese, whose characters carry more."""
    cjk_limit: int = 560


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) offsets of the sentences, list items, headings and table rows of a text, in order.

    Spans carry no blanks at their ends, do not overlap and together cover everything but blanks.
    """
    cuts = sorted({0, len(text), *_punctuation_cuts(text), *_line_cuts(text)})
    spans = (_trim(text, start, end) for start, end in pairwise(cuts))
    return [(start, end) for start, end in spans if start < end]


def split_page(
    page: int, text: str, sizes: SplitSizes | None = None, *, running: Collection[str] = frozenset()
) -> list[Chunk]:
    """Pack the sentences of one page into chunks; a chunk never crosses a page and never cuts a sentence that fits.

    Args:
        page: 1-based number of the page.
        text: Its stored text.
        sizes: How large chunks are.
        running: Masked running lines of the document (`tools.furniture`); at the edges of the page they are left out
            and become the heading of its chunks.
    """
    sizes = sizes or SplitSizes()
    target, limit = (sizes.cjk_target, sizes.cjk_limit) if _mainly_cjk(text) else (sizes.target, sizes.limit)
    start, end, heading = _body(text, running)
    spans = ((start + left, start + right) for left, right in split_sentences(text[start:end]))
    pieces = [piece for span in spans for piece in _cut_long(text, span, limit)]
    return [Chunk(page, left, right, heading) for left, right in _pack(pieces, target, limit)]


def _body(text: str, running: Collection[str]) -> tuple[int, int, str]:
    """Return the span of a page between its running head and its footer, and what those say besides numbers.

    A page that would have nothing left, as certificates and forms that are all alike, is taken whole.
    """
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
    removed: list[str] = []
    for end in (0, -1):
        while lines and mask_numbers(line := text[slice(*lines[end])]) in running:
            removed.append(" ".join(line.split()))
            lines.pop(end)
    heading = " ".join(line for line in removed if any(character.isalpha() for character in line))
    return (lines[0][0], lines[-1][1], heading) if lines else (0, len(text), "")


def _punctuation_cuts(text: str) -> Iterator[int]:
    for match in _ENDING.finditer(text):
        if match.group()[0] in _CJK_END or not _inside_abbreviation(text, match.start(), match.end()):
            yield match.end()


def _inside_abbreviation(text: str, start: int, end: int) -> bool:
    if text[start] != "." or end - start > 1:
        return False
    following = text[end : end + 3].strip()
    if following and (following[0].islower() or following[0].isdigit()):
        return True
    return _ABBREVIATION.search(text[max(0, start - 8) : start]) is not None


def _line_cuts(text: str) -> Iterator[int]:
    """Yield the line breaks that end something: a paragraph, a heading, a table row, the item before a list mark."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    lengths = sorted(end - start for start, end in lines)
    long_line = lengths[int(len(lengths) * 0.9)] if lengths else 0
    for (start, end), (following, following_end) in pairwise(lines):
        gap = "\n\n" in text[end:following]
        short = end - start < _SHORT_LINE * long_line
        runs_on = text[following : following + 1].islower() and not gap
        if gap or (short and not runs_on) or _LIST_MARK.match(text, following, following_end):
            yield end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _cut_long(text: str, span: tuple[int, int], limit: int) -> Iterator[tuple[int, int]]:
    start, end = span
    while end - start > limit:
        blank = text.rfind(" ", start + limit // 2, start + limit)
        cut = blank if blank > 0 else start + limit
        yield _trim(text, start, cut)
        start, end = _trim(text, cut, end)
    yield start, end


def _pack(pieces: list[tuple[int, int]], target: int, limit: int) -> Iterator[tuple[int, int]]:
    start = end = -1
    for piece_start, piece_end in pieces:
        if start >= 0 and (end - start >= target or piece_end - start > limit):
            yield start, end
            start = -1
        start, end = (piece_start if start < 0 else start), piece_end
    if start >= 0:
        yield start, end


def _mainly_cjk(text: str) -> bool:
    cjk = sum("\u3400" <= character <= "\u9fff" for character in text)
    return cjk * 4 > len(text)
