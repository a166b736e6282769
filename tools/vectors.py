"""Vector search: a FAISS index in memory, derived from the vectors in the store and caught up before each search."""

import threading
from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from tools.store import SqliteStore

_BATCH = 4096


class VectorIndex:
    """Nearest chunks by cosine similarity for one embedding model.

    The store is the truth: whatever another process wrote is picked up by `refresh`, and losing this index loses time
    only. Filters are part of the search, so a filtered search never comes back short.
    """

    def __init__(self, store: SqliteStore, model: str) -> None:
        self._store = store
        self._model = model
        self._lock = threading.Lock()
        self._index: Any = None
        self._last = 0

    def refresh(self) -> None:
        """Take in the vectors written since the last call."""
        with self._lock:
            while True:
                last, ids, matrix = self._store.vectors_after(self._model, self._last, limit=_BATCH)
                if not ids:
                    return
                if self._index is None:
                    self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(matrix.shape[1]))
                self._index.add_with_ids(_unit(matrix), np.asarray(ids, np.int64))
                self._last = last

    def search(self, vector: npt.NDArray[np.float32], *, limit: int, among: Sequence[int]) -> list[tuple[int, float]]:
        """Return the chunks nearest to a vector.

        Args:
            vector: One vector of the model's dimension.
            limit: How many chunks to return at most.
            among: Ids of the chunks that may be returned.

        Returns:
            (chunk id, cosine similarity) pairs, best first.
        """
        with self._lock:
            if self._index is None or not among:
                return []
            allowed = np.asarray(among, np.int64)
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg] # set by its Python wrapper
            scores, ids = self._index.search(_unit(vector.reshape(1, -1)), limit, params=parameters)
        pairs = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [(chunk_id, score) for chunk_id, score in pairs if chunk_id >= 0]

    def __len__(self) -> int:
        """Return how many vectors the index holds."""
        return 0 if self._index is None else int(self._index.ntotal)


def _unit(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = (matrix / np.maximum(norms, 1e-12)).astype(np.float32)
    return unit


class VectorWriter:
    """Gives the published chunks that lack a vector theirs, a few at a time, so that questions get their turn."""

    def __init__(self, store: SqliteStore, embeddings: Embeddings, model: str, *, batch: int = 8) -> None:
        self._store = store
        self._embeddings = embeddings
        self._model = model
        self._batch = batch

    def missing(self) -> int:
        """Return how many published chunks still lack a vector."""
        return self._store.count_without_vectors(self._model)

    def write_next(self) -> int:
        """Embed and store the next few chunks; return how many there were, 0 when none are left."""
        chunks = self._store.chunks_without_vectors(self._model, limit=self._batch)
        vectors = self._embeddings.embed_documents([chunk["text"] for chunk in chunks])
        pairs = zip(chunks, vectors, strict=True)
        self._store.add_vectors(self._model, {chunk["chunk_id"]: np.asarray(row, np.float32) for chunk, row in pairs})
        return len(chunks)
