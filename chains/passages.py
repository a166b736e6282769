"""Passages and earlier turns as a model reads them: fenced, numbered, and unable to break the fence."""

import re
from collections.abc import Sequence

from tools.types import Passage, Turn

_FENCE = re.compile(r"<(?=\s*/?\s*(?:passages?|history|question)\b)", re.IGNORECASE)
_BRACKETED_NUMBER = re.compile(r"\[(\s*\d{1,3}(?:\s*[,;\u2013-]\s*\d{1,3})*\s*)\]")
_ATTRIBUTE = str.maketrans('"<>\n', "'\u2039\u203a ")
NO_HISTORY = "(none)"


def format_passages(passages: Sequence[Passage]) -> str:
    """Write the passages as numbered blocks, counted from 1."""
    return "\n".join(_block(number, passage) for number, passage in enumerate(passages, 1))


def format_history(turns: Sequence[Turn]) -> str:
    """Write the earlier questions and answers of a thread, oldest first."""
    return "\n".join(f"Q: {defuse(turn['question'])}\nA: {defuse(turn['answer'])}" for turn in turns) or NO_HISTORY


def defuse(text: str) -> str:
    """Make a text harmless inside the prompt.

    Whatever looks like one of the prompt's own tags loses its angle bracket, and a page's own literature references
    get full-width brackets, so that `[7]` in an answer always means the seventh passage.
    """
    return _BRACKETED_NUMBER.sub("\uff3b\\1\uff3d", _FENCE.sub("\u2039", text))


def _block(number: int, passage: Passage) -> str:
    heading = f' heading="{_attribute(passage["heading"])}"' if passage["heading"] else ""
    start = (
        f'<passage number="{number}" document="{_attribute(passage["document"])}" page="{passage["page"]}"{heading}>'
    )
    return f"{start}\n{defuse(passage['text'])}\n</passage>"


def _attribute(text: str) -> str:
    return defuse(text).translate(_ATTRIBUTE)
