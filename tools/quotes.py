"""Find a quotation in a page's stored text, and say how faithful it is."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tools.types import CitationStatus

_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_SAME = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u2032": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2039": "<",  # what `chains.passages.defuse` makes of a tag
    }
)
_HYPHEN_BEFORE_NUMBER = re.compile(r"[-\u2010-\u2014\u2212\ufe63\uff0d](?=\s*\d)")
_INSIDE = re.compile(
    r"\d\|\d|\d\|[.,]\d|\d[.,]\|\d"  # a number
    r"|(?<![^\W_])[-\u2013\u2212]\|\d"  # a number and its sign
    r"|[^\W\d_\u0590-\U0010ffff]\|[^\W\d_\u0590-\U0010ffff]"  # a word of a script that parts words by blanks
)
"""Matches the surroundings of a place, marked `|`, that is inside something a quotation must take whole or leave."""


@dataclass(frozen=True)
class Match:
    """Where a quotation stands on its page."""

    start: int
    end: int
    status: CitationStatus
    """`verified`: to the letter, blanks and line breaks aside. `repaired`: the same once case, width, quotation marks,
    hyphens and ligatures are folded; the page's own wording is to be shown instead."""


def find_quote(quote: str, text: str, *, near: int = 0) -> Match | None:
    """Locate a quotation in a text.

    Args:
        quote: The words as the answer gives them.
        text: The stored text of the page they are said to stand on.
        near: Offset to prefer when the words stand there more than once.

    Returns:
        The place, or `None` when the words are not on the page. What begins or ends inside a word or a number of the
        page does not count: `5 million` is not on a page that says `15 million`, nor `able` on one that says `unable`.
    """
    for fold, status in ((_without_blanks, "verified"), (_loosely, "repaired")):
        spans = [span for span in _find(fold(quote), fold(text)) if not _is_cut(text, *span)]
        if spans:
            start, end = min(spans, key=lambda span: abs(span[0] - near))
            return Match(start, end, status)  # type: ignore[arg-type] # mypy widens literals in tuples
    return None


Folded = list[tuple[str, int]]
"""Characters that are kept, each with its offset in the original."""


def _find(needle: Folded, haystack: Folded) -> Iterator[tuple[int, int]]:
    """Yield the original spans of all occurrences."""
    wanted = "".join(character for character, _ in needle)
    there = "".join(character for character, _ in haystack)
    position = there.find(wanted) if wanted else -1
    while position >= 0:
        yield haystack[position][1], haystack[position + len(wanted) - 1][1] + 1
        position = there.find(wanted, position + 1)


def _is_cut(text: str, start: int, end: int) -> bool:
    return any(
        _INSIDE.search(f"{text[max(0, place - 2) : place]}|{text[place : place + 2]}") is not None
        for place in (start, end)
    )


def _without_blanks(text: str) -> Folded:
    return [(character, offset) for offset, character in enumerate(text) if not character.isspace()]


def _loosely(text: str) -> Folded:
    """Fold what typesetting and models change; a hyphen stays before a number, where it may be a minus sign."""
    kept = {match.start() for match in _HYPHEN_BEFORE_NUMBER.finditer(text)}
    return [
        (folded, offset)
        for offset, character in enumerate(text)
        if character not in _DROPPED
        for folded in unicodedata.normalize("NFKC", character).translate(_SAME).casefold()
        if not folded.isspace() and (folded != "-" or offset in kept)
    ]
