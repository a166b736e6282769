"""Chunks, their words and their vectors: what searches look through."""

# SQL is put together from constants of this file only; values are always bound.
# ruff: noqa: S608

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.store.database import LISTED, Database
from tools.types import Passage

_VISIBLE = "m.collection_id = :collection AND m.added <= :generation AND (m.removed IS NULL OR m.removed > :generation)"
_CONTEXT_WEIGHT = 0.3
"""What a match in a chunk's heading or document name counts beside one in its text."""


class Passages(Database):
    """What can be found."""

    def search_terms(
        self,
        collection: str,
        terms: Sequence[str],
        *,
        limit: int,
        generation: int | None = None,
        documents: Sequence[str] | None = None,
    ) -> list[tuple[int, float]]:
        """Rank chunks that hold any of the terms by BM25.

        Args:
            collection: Name of the collection; an unknown one holds nothing.
            terms: As `index_terms` makes them.
            limit: How many chunks to return at most.
            generation: Which state of the collection to search; the current one by default.
            documents: Ids of the documents to look in; all by default.

        Returns:
            (chunk id, score) pairs, best first; larger scores are better.
        """
        if not terms:
            return []
        visible, values = self._visible(collection, generation, documents)
        rows = self._rows(
            f"SELECT chunk_terms.rowid AS id, -bm25(chunk_terms, 1.0, {_CONTEXT_WEIGHT}) AS score FROM chunk_terms "
            "JOIN chunks c ON c.id = chunk_terms.rowid JOIN memberships m ON m.document_id = c.document_id "
            f"WHERE chunk_terms MATCH :query AND {visible} ORDER BY score DESC, id LIMIT :limit",
            values | {"query": _match_any(terms), "limit": limit},
        )
        return [(row["id"], row["score"]) for row in rows]

    def term_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many chunks each of the terms occurs; terms that occur nowhere are left out."""
        rows = self._rows(
            "SELECT term, doc FROM chunk_vocabulary WHERE term IN (SELECT value FROM json_each(?))",
            json.dumps(list(terms)),
        )
        return {row["term"]: row["doc"] for row in rows}

    def chunk_count(self) -> int:
        """Return how many chunks the keyword index holds."""
        row = self._row("SELECT count(*) AS n FROM chunks")
        return int(row["n"]) if row else 0

    def visible_chunks(
        self, collection: str, *, generation: int | None = None, documents: Sequence[str] | None = None
    ) -> list[int]:
        """Return the ids of the chunks that a search of the collection may find."""
        visible, values = self._visible(collection, generation, documents)
        rows = self._rows(
            f"SELECT c.id FROM chunks c JOIN memberships m ON m.document_id = c.document_id WHERE {visible}", values
        )
        return [row["id"] for row in rows]

    def passages(self, chunk_ids: Sequence[int]) -> list[Passage]:
        """Return the chunks with their text, in the order of the ids; unknown ids are left out. Scores are 0."""
        rows = self._rows(
            'SELECT c.id, c.document_id, d.name, c.page, c."start", c."end", c.heading, '
            'substr(p.text, c."start" + 1, c."end" - c."start") AS text '
            "FROM chunks c JOIN documents d ON d.id = c.document_id "
            "JOIN collections k ON k.id = d.collection_id "
            "JOIN pages p ON p.document_id = c.document_id AND p.page = c.page "
            "WHERE k.tenant = :tenant AND c.id IN (SELECT value FROM json_each(:ids))",
            {"tenant": self._tenant, "ids": json.dumps(list(chunk_ids))},
        )
        by_id = {row["id"]: _to_passage(row) for row in rows}
        return [by_id[chunk_id] for chunk_id in chunk_ids if chunk_id in by_id]

    def chunks_without_vectors(self, model: str, *, limit: int) -> list[Passage]:
        """Return published chunks that still lack a vector of the model, oldest first."""
        rows = self._rows(
            f"SELECT c.id {_WITHOUT_VECTORS} ORDER BY c.id LIMIT :limit",
            {"tenant": self._tenant, "model": model, "limit": limit},
        )
        return self.passages([row["id"] for row in rows])

    def count_without_vectors(self, model: str) -> int:
        """Return how many published chunks still lack a vector of the model."""
        row = self._row(f"SELECT count(*) AS n {_WITHOUT_VECTORS}", {"tenant": self._tenant, "model": model})
        return int(row["n"]) if row else 0

    def add_vectors(self, model: str, vectors: Mapping[int, npt.NDArray[np.float32]]) -> None:
        """Write the vectors of chunks, one a chunk and model; chunks that were deleted meanwhile are skipped."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO vectors (chunk_id, model, embedding) SELECT c.id, ?, ? FROM chunks c "
                "JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id "
                "WHERE c.id = ? AND k.tenant = ?",
                [
                    (model, vector.astype("<f4").tobytes(), chunk_id, self._tenant)
                    for chunk_id, vector in vectors.items()
                ],
            )

    def vectors_after(self, model: str, number: int, *, limit: int) -> tuple[int, list[int], npt.NDArray[np.float32]]:
        """Return the next vectors of a model in the order they were written.

        Returns:
            The number to go on after, the chunk ids, and their vectors (rows by dimensions).
        """
        rows = self._rows(
            "SELECT v.number, v.chunk_id, v.embedding FROM vectors v JOIN chunks c ON c.id = v.chunk_id "
            "JOIN documents d ON d.id = c.document_id JOIN collections k ON k.id = d.collection_id "
            "WHERE k.tenant = ? AND v.model = ? AND v.number > ? ORDER BY v.number LIMIT ?",
            self._tenant,
            model,
            number,
            limit,
        )
        if not rows:
            return number, [], np.empty((0, 0), np.float32)
        matrix = np.frombuffer(b"".join(row["embedding"] for row in rows), "<f4").reshape(len(rows), -1)
        return rows[-1]["number"], [row["chunk_id"] for row in rows], matrix.astype(np.float32)

    def _visible(
        self, collection: str, generation: int | None, documents: Sequence[str] | None
    ) -> tuple[str, dict[str, Any]]:
        """Return the condition, and its values, that holds for the chunks a reader of the collection may see."""
        query = "SELECT id, generation FROM collections WHERE tenant = ? AND name = ?"
        row = self._row(query, self._tenant, collection)
        values: dict[str, Any] = {
            "collection": row["id"] if row else -1,
            "generation": generation if generation is not None else row["generation"] if row else 0,
        }
        if documents is None:
            return _VISIBLE, values
        return f"{_VISIBLE} AND c.document_id IN ({LISTED})", values | {"documents": json.dumps(list(documents))}


_WITHOUT_VECTORS = (
    "FROM chunks c JOIN memberships m ON m.document_id = c.document_id AND m.removed IS NULL "
    "JOIN collections k ON k.id = m.collection_id WHERE k.tenant = :tenant AND NOT EXISTS "
    "(SELECT 1 FROM vectors v WHERE v.chunk_id = c.id AND v.model = :model)"
)


def _match_any(terms: Sequence[str]) -> str:
    return " OR ".join(f'"{term}"' for term in dict.fromkeys(terms))


def _to_passage(row: sqlite3.Row) -> Passage:
    return Passage(
        chunk_id=row["id"],
        document_id=row["document_id"],
        document=row["name"],
        page=row["page"],
        start=row["start"],
        end=row["end"],
        heading=row["heading"],
        text=row["text"],
        score=0.0,
    )
