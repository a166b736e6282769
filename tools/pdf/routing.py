"""Decide what is to be done about a page: keep its text layer, read its picture, or leave it as blank.

Pure functions over measured signs. The thresholds come from 246 labelled pages of public test suites; the cases that
forced each one are named beside it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from tools.pdf.pages import Decision
from tools.pdf.view import area
from tools.types import Box


@dataclass(frozen=True)
class Thresholds:
    """Where the lines are drawn. Shares run from 0 to 1."""

    faint: float = 0.0002
    """Pixels that differ at all from the background: fewer, and nothing is visible on the page."""
    ink: float = 0.0004
    """Clearly different pixels on a page without text: more, and something is drawn there."""
    bad_characters: float = 0.05
    """Characters that stand for nothing. Mathematics from LaTeX stays below 0.04."""
    bad_words: float = 0.20
    swapped: float = 0.50
    """Chinese characters ending in byte 00: Latin text whose two bytes per letter were swapped."""
    unmapped: float = 0.50
    """Characters without a Unicode map. Alone it proves nothing: some readable files have none mapped."""
    alphanumeric: float = 0.60
    """Unmapped text with a smaller share of letters and digits is not believed."""
    pronounceable: float = 0.60
    """Unmapped text whose Latin words are rarely pronounceable is not believed."""
    soup: float = 0.25
    """Unmapped text with more words like `a3Bc` or `/g18` is not believed."""
    implausible: float = 0.25
    """Text of any origin with a smaller share of letters and digits is not believed, leader dots aside."""
    leader_dots: float = 0.30
    ocr_layer_soup: float = 0.40
    invisible: float = 0.50
    """More invisible text than this over an image is an OCR layer made earlier."""
    picture: float = 0.25
    """An image over this share of a page with little text may hold the page's words."""
    little_text: int = 100
    """Characters."""
    figure: float = 0.04
    """Images like charts and screenshots, free of text, over this share of a page are read beside its text."""


@dataclass(frozen=True)
class TextSigns:
    """What the text layer alone tells."""

    characters: int
    """Without blanks."""
    bad_characters: float
    bad_words: float
    alphanumeric: float
    european: float
    """Share of characters below U+0250, which can be drawn even when the file does not bring its fonts."""
    latin_words: int
    """Latin words of four letters and more."""
    pronounceable: float
    swapped: float
    soup: float
    leader_dots: float


@dataclass(frozen=True)
class PageSigns:
    """What the objects on the page and a small rendering tell; measured only when the text leaves doubts."""

    image_coverage: float = 0.0
    unmapped: float = 0.0
    invisible: float = 0.0
    ink: float = 1.0
    faint: float = 1.0
    figures: float = 0.0
    """Share of the page under images that look like charts, screenshots or print and hold no text of the layer."""


@dataclass(frozen=True)
class Route:
    """The decision about one page."""

    decision: Decision
    reason: str
    merge: bool = False
    """Keep the text layer, OCR adds to it."""
    figures_only: bool = False
    """OCR need only look at the figures."""


DEFAULT = Thresholds()
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{6}")
_SOUP = re.compile(r"/[A-Za-z]{1,4}\d+|[a-z][A-Z]|[A-Za-z][0-9%&'$#@|~^][A-Za-z]")
_SOFT_HYPHENS = "\u0002\u00ad\ufffe"
_DOTS = ".…·_-\u2013\u2014"
_BEYOND_EUROPE = "\u0250"
_MIN_CJK = 4
_MIN_LATIN_WORDS = 3
_MIN_CHARACTERS = 5
_MIN_OCR_LAYER = 200


def measure_text(text: str) -> TextSigns:
    """Measure the signs of a raw text layer."""
    characters = [character for character in text if not character.isspace()]
    words = text.split()
    latin = re.findall(r"[A-Za-z]{4,}", text)
    cjk = [character for character in characters if "\u3400" <= character <= "\u9fff"]
    return TextSigns(
        characters=len(characters),
        bad_characters=_share(map(is_bad, characters), len(characters)),
        bad_words=_share((len(word) > 1 and any(map(_is_unreadable, word)) for word in words), len(words)),
        alphanumeric=_share((unicodedata.category(character)[0] in "LN" for character in characters), len(characters)),
        european=_share((character < _BEYOND_EUROPE for character in characters), len(characters))
        if characters
        else 1.0,
        latin_words=len(latin),
        pronounceable=_share(map(_is_pronounceable, latin), len(latin)) if latin else 1.0,
        swapped=_share((ord(character) & 0xFF == 0 for character in cjk), len(cjk)) if len(cjk) >= _MIN_CJK else 0.0,
        soup=_share((bool(_SOUP.search(word)) for word in words), len(words)),
        leader_dots=_share((character in _DOTS for character in characters), len(characters)),
    )


def is_plain(signs: TextSigns, limits: Thresholds = DEFAULT) -> bool:
    """Tell whether the text alone settles that the layer is good; a page with images may still lack some words."""
    return (
        signs.characters >= limits.little_text
        and not _has_wrong_codes(signs, limits)
        and _reads_like_words(signs, limits)
    )


def has_figure_size(images: Sequence[Box], width: float, height: float, limits: Thresholds = DEFAULT) -> bool:
    """Tell whether images are large enough to hold words that the text layer lacks."""
    return sum(map(area, images)) >= limits.figure * width * height


def decide(text: TextSigns, page: PageSigns, limits: Thresholds = DEFAULT) -> Route:
    """Decide about a page; the first rule that holds wins."""
    if _shows_nothing(text, page, limits):
        return Route("blank", "nothing-visible" if text.characters else "blank")
    if text.characters == 0:
        return _without_text(page, limits)
    if reason := _distrust(text, page, limits):
        return Route("ocr", reason)
    return _with_good_text(text, page, limits)


def figures_of(text: TextSigns, page: PageSigns | None) -> dict[str, float]:
    """Return the signs by name, rounded, for the ledger."""
    signs = asdict(text) | (asdict(page) if page else {})
    return {name: round(float(value), 4) for name, value in signs.items()}


def is_bad(character: str) -> bool:
    """Tell whether a character stands for nothing: a control code, a private or unassigned code point."""
    if character in _SOFT_HYPHENS or "\uf8e5" <= character <= "\uf8ff":  # Adobe's pieces of large brackets
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cn", "Cs", "Co")


def _shows_nothing(text: TextSigns, page: PageSigns, limits: Thresholds) -> bool:
    """Tell whether a page stays white, other than for want of a font that neither the file nor the system has."""
    return page.faint < limits.faint and text.characters < limits.little_text and text.european == 1.0


def _with_good_text(text: TextSigns, page: PageSigns, limits: Thresholds) -> Route:
    """Decide whether images hold words beside a text layer that can be trusted."""
    if page.invisible > limits.invisible and page.image_coverage > limits.invisible:
        return Route("text", "earlier-ocr-layer")
    if page.image_coverage >= limits.picture and text.characters < limits.little_text:
        return Route("ocr", "little-text-on-image", merge=True)
    if page.figures >= limits.figure:
        return Route("ocr", "figures-beside-text", merge=True, figures_only=True)
    return Route("text", "text-layer")


def _without_text(page: PageSigns, limits: Thresholds) -> Route:
    if page.image_coverage >= limits.picture or page.ink >= limits.ink:
        return Route("ocr", "no-text-layer")
    return Route("blank", "blank")


def _distrust(text: TextSigns, page: PageSigns, limits: Thresholds) -> str:
    """Name the reason why a text layer does not say what the page shows, if there is one."""
    if _has_wrong_codes(text, limits):
        return "garbled"
    if page.unmapped > limits.unmapped and text.characters >= _MIN_CHARACTERS and not _reads_like_words(text, limits):
        return "garbled-unmapped"
    if (
        text.characters >= _MIN_CHARACTERS
        and text.alphanumeric < limits.implausible
        and text.leader_dots < limits.leader_dots
    ):
        return "implausible"
    if (
        text.characters >= _MIN_OCR_LAYER
        and text.soup > limits.ocr_layer_soup
        and page.image_coverage > limits.invisible
    ):
        return "implausible-ocr-layer"
    return ""


def _has_wrong_codes(text: TextSigns, limits: Thresholds) -> bool:
    return (
        text.bad_characters > limits.bad_characters
        or text.bad_words > limits.bad_words
        or text.swapped > limits.swapped
    )


def _reads_like_words(text: TextSigns, limits: Thresholds) -> bool:
    pronounceable = text.latin_words < _MIN_LATIN_WORDS or text.pronounceable >= limits.pronounceable
    return text.alphanumeric >= limits.alphanumeric and text.soup <= limits.soup and pronounceable


def _is_unreadable(character: str) -> bool:
    return character == "\ufffd" or (unicodedata.category(character) == "Cc" and character != "\u0002")


def _is_pronounceable(word: str) -> bool:
    return _VOWEL.search(word) is not None and _CONSONANTS.search(word) is None


def _share(flags: Iterable[bool], total: int) -> float:
    return sum(flags) / total if total else 0.0
