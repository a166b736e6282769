"""Prove what an answer claims: find its words on the page it cites, and give the page's own words as the quote."""

import re
from dataclasses import dataclass

from tools.quotes import Match, find_quote
from tools.split import split_sentences
from tools.types import CitationStatus, Passage
from tools.words import content_terms, index_terms

_QUOTED = re.compile(r"“([^”]{3,})”|«\s*([^»]{3,}?)\s*»|「([^」]{2,})」|\"([^\"]{3,})\"")
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

    What the claim puts in quotation marks must stand on the page; without any, either the whole claim stands there, or
    one sentence of the passage must hold most of its words and all of its numbers.
    """
    quoted = next((next(filter(None, match.groups())) for match in _QUOTED.finditer(claim)), None)
    for words in filter(None, (claim if quoted is None else None, quoted)):
        match = find_quote(words, page_text, near=passage["start"])
        if match:
            return _proof(page_text, match)
    if quoted is None and (match := _supporting_sentence(claim, passage)):
        return _proof(page_text, match)
    return Proof(claim, 0, 0, "unverified")


def _supporting_sentence(claim: str, passage: Passage) -> Match | None:
    terms = content_terms(claim)
    numbers = {term for term in index_terms(claim) if _NUMBER.search(term)}
    best, best_share = None, 0.0
    for start, end in split_sentences(passage["text"]):
        present = set(index_terms(passage["text"][start:end]))
        share = sum(term in present for term in terms) / len(terms) if terms else 0.0
        if numbers <= present and share > best_share:
            best, best_share = Match(passage["start"] + start, passage["start"] + end, "verified"), share
    return best if best_share >= _SUPPORT else None


def _proof(page_text: str, match: Match) -> Proof:
    return Proof(page_text[match.start : match.end], match.start, match.end, match.status)
