"""Prove what an answer claims: find its words on the page it cites, and give the page's own words as the quote."""

import re
from dataclasses import dataclass

from tools.quotes import Match, find_quote
from tools.split import split_sentences
from tools.types import CitationStatus, Passage
from tools.words import content_terms, index_terms

_QUOTED = re.compile(
    r"“([^”]{2,})”|„([^“”]{2,})[“”]|«\s*([^»]{2,}?)\s*»|「([^」]{2,})」|『([^』]{2,})』|\"([^\"]{3,})\""
)
_NUMBER = re.compile(r"\d")
_SUPPORT = 0.6
"""A page sentence supports a claim in other words when it holds this share of the claim's words."""


@dataclass(frozen=True)
class Proof:
    """What a page has to say to a claim."""

    quote: str
    """The page's own words, or the claim itself when the page does not say so."""
    start: int
    end: int
    """Offsets of the quote in the page's stored text; both 0 when unverified."""
    status: CitationStatus


def prove_claim(claim: str, passage: Passage, page_text: str) -> Proof:
    """Prove one claim of an answer against the page of the passage it cites.

    Everything the claim puts in quotation marks must stand on the page, and so must the numbers beside it; without any,
    either the whole claim stands there, or one sentence of the passage must hold most of its words and all of its
    numbers. A claim without a word that carries meaning (`It is.`) cannot be proven.
    """
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(claim)]
    beside = _QUOTED.sub(" ", claim) if quoted else ""
    wanted = [words for words in quoted or [claim] if content_terms(words)]
    found = list(filter(None, (find_quote(words, page_text, near=passage["start"]) for words in wanted)))
    if found and len(found) == len(quoted or [claim]) and _numbers(beside) <= _numbers(page_text):
        return _proof(page_text, max(found, key=lambda match: match.end - match.start))
    if not quoted and (match := _supporting_sentence(claim, passage, page_text)):
        return _proof(page_text, match)
    return Proof(claim, 0, 0, "unverified")


def _supporting_sentence(claim: str, passage: Passage, page_text: str) -> Match | None:
    """Look in what the page holds at the passage's place: the passage's own text may come from a caller."""
    terms, text = content_terms(claim), page_text[passage["start"] : passage["end"]]
    best, best_share = None, 0.0
    for start, end in split_sentences(text):
        present = set(index_terms(text[start:end]))
        share = sum(term in present for term in terms) / len(terms) if terms else 0.0
        if _numbers(claim) <= present and share > best_share:
            best, best_share = Match(passage["start"] + start, passage["start"] + end, "verified"), share
    return best if best_share >= _SUPPORT else None


def _numbers(text: str) -> set[str]:
    return {term for term in index_terms(text) if _NUMBER.search(term)}


def _proof(page_text: str, match: Match) -> Proof:
    return Proof(page_text[match.start : match.end], match.start, match.end, match.status)
