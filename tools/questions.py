"""Questions that carry the words of an earlier question along, because they would not be understood without them."""

import re
from collections.abc import Callable

from tools.words import content_terms, index_terms

_ASKING = frozenset(
    index_terms(
        "date year month day century number amount name kind type sort percent percentage share value accord slide "
        "page document text report annee nombre montant nom valeur jahr zahl anzahl betrag name wert datum "
        "日期 年份 数字 数量 金额 名称 名字 类型 百分 百分之 规定"
    )
)
"""Words that say what kind of answer is wanted; the answer seldom repeats them."""
_ASKING_SHARE = 0.3

_LONGEST_CARRIED = 400
"""Characters; the latest question comes first, so that a long conversation loses its oldest words."""
_CARRIED = re.compile(r"(?P<own>.*\S) \u2039(?P<earlier>.*)\u203a", re.DOTALL)


def carry(question: str, earlier: str) -> str:
    """Return a question followed by the words of the one it leans on."""
    own, before = split_carried(earlier)
    return f"{question} \u2039{f'{own} {before}'[:_LONGEST_CARRIED].strip()}\u203a"


def split_carried(question: str) -> tuple[str, str]:
    """Return a question's own words and the ones it carries, which are empty for a question that stands alone."""
    match = _CARRIED.fullmatch(question)
    return (match["own"], match["earlier"]) if match else (question, "")


def weigh_terms(question: str, rarity: Callable[[str], float], *, carried_share: float) -> dict[str, float]:
    """Return the terms of a question, each with what it counts.

    Args:
        question: As asked, or as `carry` extends it.
        rarity: How telling a term is.
        carried_share: What carried words count beside the question's own.
    """
    own, earlier = split_carried(question)
    shares = dict.fromkeys(content_terms(earlier), carried_share) | dict.fromkeys(
        content_terms(own) or index_terms(own), 1.0
    )
    return {term: share * rarity(term) * (_ASKING_SHARE if term in _ASKING else 1.0) for term, share in shares.items()}
