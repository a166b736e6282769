"""Find a quotation in a page's stored text, and say how faithful it is."""

import unicodedata
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
    }
)


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
        The place, or `None` when the words are not on the page.
    """
    for fold, status in ((_without_blanks, "verified"), (_loosely, "repaired")):
        span = _find(fold(quote), fold(text), near)
        if span is not None:
            return Match(span[0], span[1], status)  # type: ignore[arg-type] # mypy widens literals in tuples
    return None


Folded = list[tuple[str, int]]
"""Characters that are kept, each with its offset in the original."""


def _find(needle: Folded, haystack: Folded, near: int) -> tuple[int, int] | None:
    wanted = "".join(character for character, _ in needle)
    if not wanted:
        return None
    there = "".join(character for character, _ in haystack)
    best: tuple[int, int] | None = None
    position = there.find(wanted)
    while position >= 0:
        span = haystack[position][1], haystack[position + len(wanted) - 1][1] + 1
        if best is None or abs(span[0] - near) < abs(best[0] - near):
            best = span
        position = there.find(wanted, position + 1)
    return best


def _without_blanks(text: str) -> Folded:
    return [(character, offset) for offset, character in enumerate(text) if not character.isspace()]


def _loosely(text: str) -> Folded:
    return [
        (folded, offset)
        for offset, character in enumerate(text)
        if character not in _DROPPED
        for folded in unicodedata.normalize("NFKC", character).translate(_SAME).casefold()
        if not folded.isspace() and folded != "-"
    ]
