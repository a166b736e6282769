"""Running heads, footers and page numbers: lines that stand on page after page and say nothing of any."""

import re
from collections import Counter
from collections.abc import Sequence

_EDGE_LINES = 3
"""How many lines at the top and at the bottom of a page may be furniture."""
_LEAST_PAGES = 3
_LEAST_SHARE = 0.3
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_LONGEST = 160


def running_lines(pages: Sequence[str]) -> frozenset[str]:
    """Return the masked lines that recur at the edges of a document's pages, whatever number they carry.

    A line recurs when it stands at the top or bottom of at least three pages and of three tenths of those with text.
    Rows of several bare numbers are never furniture: they are tables.
    """
    with_text = [page for page in pages if page.strip()]
    counts = Counter(line for page in with_text for line in _edges(page))
    least = max(_LEAST_PAGES, _LEAST_SHARE * len(with_text))
    return frozenset(line for line, count in counts.items() if count >= least)


def mask_numbers(line: str) -> str:
    """Return a line as furniture is compared: trimmed, with every number replaced by a mark."""
    return _NUMBER.sub("#", " ".join(line.split()))


def _edges(page: str) -> set[str]:
    lines = [line for line in page.splitlines() if line.strip()]
    edges = [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]
    masked = {mask_numbers(line) for line in edges if len(line) <= _LONGEST}
    return {line for line in masked if line.count("#") <= 1 or any(character.isalpha() for character in line)}
