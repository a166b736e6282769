"""Hybrid search: keywords and meaning, fused by rank, then ordered by how much of the question a passage covers."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from langchain_core.embeddings import Embeddings

from tools.errors import ModelCallError
from tools.questions import split_carried, weigh_terms
from tools.split import split_sentences
from tools.store import SqliteStore
from tools.types import Passage
from tools.vectors import VectorIndex
from tools.words import covered_share, index_terms

_logger = logging.getLogger(__name__)
_CANDIDATES = 40
_RRF = 60
"""The usual constant of reciprocal rank fusion: how fast a rank loses weight."""


@dataclass(frozen=True)
class SearchWeights:
    """What each sign counts when candidates are ordered; chosen on XQuAD in English and Chinese and on real reports."""

    rank: float = 0.5
    passage: float = 1.0
    sentence: float = 1.0
    meaning: float = 4.0
    carried: float = 0.3
    """Words carried over from an earlier question, beside the question's own."""
    carried_evidence: float = 0.15
    """The same where it is judged whether a passage answers: there the question itself decides."""
    same_page: float = 0.33
    near_page: float = 0.3
    same_document: float = 0.2


@dataclass(frozen=True)
class Found:
    """The outcome of a search."""

    passages: list[Passage]
    generation: int
    coverage: float
    """Share of the question's words that the best passage holds, 0 to 1, weighted by how rare they are among what was
    found in its document: its subject is everywhere in there and proves nothing."""
    similarity: float | None
    """Cosine between question and the best passage; `None` when it has no vector yet."""
    chunks: int
    """How many chunks there were to search."""


Place = tuple[str, int]
"""A document id and a page."""


class HybridSearch:
    """Finds the passages of a collection that answer a question."""

    def __init__(
        self,
        store: SqliteStore,
        index: VectorIndex,
        embeddings: Embeddings,
        weights: SearchWeights | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._embeddings = embeddings
        self._weights = weights or SearchWeights()

    def search(
        self,
        question: str,
        *,
        collection: str,
        documents: Sequence[str] | None = None,
        near: Sequence[Place] = (),
        limit: int = 6,
    ) -> Found:
        """Search a collection.

        Args:
            question: As asked, or as `tools.questions.carry` extends it.
            collection: Name of the collection; an unknown one holds nothing.
            documents: Ids of the documents to look in; all by default.
            near: Places that the conversation has been about, preferred when a question carries earlier words.
            limit: How many passages to return at most.
        """
        generation = self._store.generation(collection)
        visible = self._store.visible_chunks(collection, generation=generation, documents=documents)
        asked = self._weigh_terms(question)
        keyword = self._store.search_terms(
            collection, list(asked), limit=_CANDIDATES, generation=generation, documents=documents
        )
        similar = self._similar(question, visible)
        ranks = _fuse([chunk_id for chunk_id, _ in keyword], [chunk_id for chunk_id, _ in similar[:_CANDIDATES]])
        candidates = self._store.passages(list(ranks))
        scored = self._order(candidates, ranks, dict(similar), asked, near if split_carried(question)[1] else ())
        best = scored[0][0] if scored else None
        return Found(
            passages=[passage for passage, _ in scored[:limit]],
            generation=generation,
            coverage=self._coverage(question, [passage for passage, _ in scored]),
            similarity=dict(similar).get(best["chunk_id"]) if best else None,
            chunks=len(visible),
        )

    def _weigh_terms(self, question: str) -> dict[str, float]:
        """Return the question's terms, each with its rarity among all chunks."""
        terms = list(weigh_terms(question, lambda _: 1.0, carried_share=1.0))
        frequencies = self._store.term_frequencies(terms)
        total = self._store.chunk_count()
        return weigh_terms(
            question,
            lambda term: math.log(1 + total / (1 + frequencies.get(term, 0))),
            carried_share=self._weights.carried,
        )

    def _similar(self, question: str, visible: Sequence[int]) -> list[tuple[int, float]]:
        self._index.refresh()
        if not len(self._index) or not visible:
            return []
        own, carried = split_carried(question)
        try:
            vector = np.asarray(self._embeddings.embed_query(f"{own} {carried}".strip()), np.float32)
        except ModelCallError as error:
            _logger.warning("searching by words only: %s", error)
            return []
        return self._index.search(vector, limit=len(visible), among=visible)

    def _order(
        self,
        candidates: Sequence[Passage],
        ranks: Mapping[int, float],
        similarity: Mapping[int, float],
        asked: Mapping[str, float],
        near: Sequence[Place],
    ) -> list[tuple[Passage, float]]:
        known = sorted(similarity[p["chunk_id"]] for p in candidates if p["chunk_id"] in similarity)
        middle = known[len(known) // 2] if known else 0.0
        scored = []
        for passage in candidates:
            score = (
                self._weights.rank * _RRF * ranks[passage["chunk_id"]]
                + self._weights.passage * covered_share(asked, _terms_with_name(passage))
                + self._weights.sentence * _best_sentence(asked, passage["text"])
                + self._weights.meaning * (similarity.get(passage["chunk_id"], middle) - middle)
                + self._nearness(passage, near)
            )
            scored.append((Passage(**{**passage, "score": score}), score))
        return sorted(scored, key=lambda pair: -pair[1])

    def _coverage(self, question: str, found: Sequence[Passage]) -> float:
        """Return how much of a question its best passage, the first, covers."""
        if not found:
            return 0.0
        beside = [_terms_with_name(passage) for passage in found if passage["document_id"] == found[0]["document_id"]]
        asked = weigh_terms(
            question,
            lambda term: math.log(1 + len(found) / (1 + sum(term in terms for terms in beside))),
            carried_share=self._weights.carried_evidence,
        )
        return covered_share(asked, beside[0])

    def _nearness(self, passage: Passage, near: Sequence[Place]) -> float:
        distances = [abs(page - passage["page"]) for document_id, page in near if document_id == passage["document_id"]]
        if not distances:
            return 0.0
        if min(distances) > 2:  # noqa: PLR2004 # a neighbour, or the one after
            return self._weights.same_document
        return self._weights.near_page if min(distances) else self._weights.same_page


def _fuse(*rankings: Sequence[int]) -> dict[int, float]:
    """Fuse rankings by reciprocal rank; returned best first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, chunk_id in enumerate(ranking):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + 1 / (_RRF + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))


def _best_sentence(asked: Mapping[str, float], text: str) -> float:
    return max(
        (covered_share(asked, frozenset(index_terms(text[start:end]))) for start, end in split_sentences(text)),
        default=0.0,
    )


def _terms_with_name(passage: Passage) -> frozenset[str]:
    name = PurePosixPath(passage["document"]).stem
    return frozenset(index_terms(f"{name} {passage['heading']} {passage['text']}"))
