"""Turn what pdfium extracts into the text that is stored; pure, so the same page always gives the same text."""

import re
from collections.abc import Iterable

from tools.pdf.routing import is_bad

_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_IN_CJK = re.compile(rf"(?<=[{_CJK}]) +(?=[{_CJK}])")
_ODD_SPACES = re.compile(r"[\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
_SOFT_BREAK = re.compile(r"(\w+)[\u0002\u00ad\ufffe][ \t]*\n?[ \t]*(\w+)")
"""A hyphen that the typesetter put at a line end; pdfium mostly swallows the line break behind it."""
_HARD_BREAK = re.compile(r"([^\W\d_]{2,})[-\u2010] ?\n(?=[^\W\d_])([a-zà-öø-ÿœ]\w*)")
_SOFT_MARKS = re.compile("[\u0002\u00ad\ufffe]")
_MANY_BREAKS = re.compile(r"\n{3,}")
_KEPT_CONTROL = "\n\t"


def normalize(lines: Iterable[str]) -> str:
    """Join lines into stored text.

    Hyphenated line ends are joined; the hyphen stays where the same compound occurs elsewhere in the text, or where
    what follows is a number or a capital. Blanks between Chinese characters, control codes and doubled blanks go.
    Line breaks stay, an empty line stands for a gap between paragraphs.
    """
    text = "\n".join(lines)
    known = text.lower()
    text = _SOFT_BREAK.sub(lambda match: join_word(match[1], match[2], known), text)
    text = _HARD_BREAK.sub(lambda match: join_word(match[1], match[2], known), text)
    text = _SOFT_MARKS.sub("", text).translate(_INVISIBLE)
    text = "".join(character for character in text if character in _KEPT_CONTROL or not is_bad(character))
    text = _BLANKS.sub(" ", _ODD_SPACES.sub(" ", text))
    text = _BLANK_IN_CJK.sub("", text)
    text = "\n".join(line.strip() for line in text.split("\n"))
    return _MANY_BREAKS.sub("\n\n", text).strip()


def join_word(head: str, tail: str, known: str) -> str:
    """Join two parts of a word broken at a line end; `known` is the text around it in lower case."""
    compound = f"{head}-{tail}"
    keeps_hyphen = not tail[0].islower() or not head[-1].isalpha() or compound.lower() in known
    return compound if keeps_hyphen else head + tail
