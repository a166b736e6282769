"""Whether the passages found are evidence enough to answer a question from."""

from dataclasses import dataclass
from typing import Self

from tools.types import Reason


@dataclass(frozen=True)
class EvidenceRule:
    """A line through two signs, fitted on XQuAD questions with and without their paragraph in the collection.

    Where the line lies was then chosen by looking at six absent answers in real reports too, four of which it refuses:
    too few to expect the same elsewhere. On XQuAD it refuses about one in fourteen answerable questions in English and
    one in fifty in Chinese, and about four in five and three in five of those whose paragraph is missing.
    """

    coverage: float = 8.4
    """Counts the share of the question's words that the best passage holds."""
    similarity: float = 29.0
    """Counts the cosine between question and best passage."""
    least: float = 28.0
    least_coverage: float = 0.35
    """The same without vectors: the share of words alone."""

    @classmethod
    def lenient(cls) -> Self:
        """Return the rule for a chat model that can judge passages itself: there only have to be some."""
        return cls(least=0.0, least_coverage=0.0)


def judge_evidence(
    rule: EvidenceRule, *, chunks: int, passages: int, coverage: float, similarity: float | None
) -> Reason | None:
    """Return why a question must be refused, or `None` when the passages are evidence.

    Args:
        rule: Where the line is drawn.
        chunks: How many chunks there were to search.
        passages: How many were found.
        coverage: Share of the question's words, weighted by rarity, in the best one.
        similarity: Cosine between question and best passage; `None` when it has no vector yet.
    """
    if not chunks:
        return "empty_collection"
    if not passages:
        return "no_match"
    if similarity is None:
        return None if coverage >= rule.least_coverage else "weak_match"
    enough = rule.coverage * coverage + rule.similarity * similarity >= rule.least
    return None if enough else "weak_match"
