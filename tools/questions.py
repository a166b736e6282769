"""Questions that carry the words of an earlier question along, because they would not be understood without them."""

import re

_CARRIED = re.compile(r"(?P<own>.*\S) \u2039(?P<earlier>.*)\u203a", re.DOTALL)


def carry(question: str, earlier: str) -> str:
    """Return a question followed by the words of the one it leans on."""
    own, before = split_carried(earlier)
    return f"{question} \u2039{own} {before}".rstrip() + "\u203a"


def split_carried(question: str) -> tuple[str, str]:
    """Return a question's own words and the ones it carries, which are empty for a question that stands alone."""
    match = _CARRIED.fullmatch(question)
    return (match["own"], match["earlier"]) if match else (question, "")
