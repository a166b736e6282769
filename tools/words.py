"""Words as search sees them: the same folding for stored text, for questions and for comparing sentences."""

import re
import unicodedata
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from importlib import resources
from itertools import chain
from typing import Any

import rjieba
import snowballstemmer

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"[{_CJK}]+"  # a run of Chinese, segmented by dictionary
    r"|\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d+)?"  # a number with thousands marks
    r"|\d+(?:[.,]\d+)+"  # a decimal, a date, a section number
    rf"|(?:(?![{_CJK}])[^\W_])+(?:['\u2019](?:(?![{_CJK}])[^\W_])+)*",  # a word, or digits and letters mixed
)
_CJK_RUN = re.compile(rf"[{_CJK}]+")
_LONGEST_ARTICLE = 2
_ENDING = re.compile(r"(?<=\w{6})(?:e[nmrs]?|n|s)$")
"""Endings of German and French that the English stemmer leaves on long words."""
_DIGITS_ONLY = re.compile(r"[\d.,'\u2019\u00a0\u202f ]+")
_THOUSANDS = re.compile(r"[.,'\u2019\u00a0\u202f ](?=\d{3}(?!\d))")


def fold(text: str) -> str:
    """Fold case, width, ligatures and accents, keeping the letters of other scripts as they are."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def index_terms(text: str) -> list[str]:
    """Return the terms of a text in order: stems, numbers without thousands marks, segmented Chinese words.

    A Chinese word of three characters or more also yields the shorter words inside it, so that a question that
    names a part finds the whole.
    """
    return list(chain.from_iterable(_terms_of(match.group()) for match in _TOKEN.finditer(fold(text))))


def content_terms(text: str) -> list[str]:
    """Return the terms that carry meaning: those of `index_terms` without the function words, each once."""
    words = chain.from_iterable(_content_of(match.group()) for match in _TOKEN.finditer(fold(text)))
    return list(dict.fromkeys(words))


def covered_share(weights: Mapping[str, float], present: AbstractSet[str]) -> float:
    """Return which share of the weighted terms is present, from 0 to 1; 0 when there are no terms."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def _terms_of(token: str) -> list[str]:
    if _CJK_RUN.fullmatch(token):
        return _segment(token)
    if _DIGITS_ONLY.fullmatch(token):
        return _numbers(token)
    return _word(token)


def _content_of(token: str) -> list[str]:
    stop_words = _stop_words()
    return [] if token in stop_words else [term for term in _terms_of(token) if term not in stop_words]


def _numbers(token: str) -> list[str]:
    """Return a number as one term; blanks between groups may also part the cells of a table, so those count too."""
    groups = token.split(" ")  # `fold` leaves no other blank
    numbers = [re.sub(r"[.,]", "p", _THOUSANDS.sub("", number)) for number in (token, *groups)]
    return numbers if len(groups) > 1 else numbers[:1]


@lru_cache(maxsize=100_000)
def _word(token: str) -> list[str]:
    """Stem a word; an elided article (`l'eau`) and a possessive (`town's`) come off, compounds with digits stay."""
    parts = re.split(r"['\u2019]", token)
    if len(parts) > 1:
        parts = [part for part in parts if len(part) > _LONGEST_ARTICLE or part.isdigit()] or parts
    return [_ENDING.sub("", _stemmer().stemWord(part)) for part in parts]


@lru_cache(maxsize=20_000)
def _segment(run: str) -> list[str]:
    return list(rjieba.cut_for_search(run))


@cache
def _stop_words() -> frozenset[str]:
    lines = resources.files("tools").joinpath("stop_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(chain.from_iterable(line.split() for line in lines if not line.startswith("#")))


@cache
def _stemmer() -> Any:
    """Build the English stemmer; on other languages of Europe it still takes the commonest endings off."""
    return snowballstemmer.stemmer("english")
