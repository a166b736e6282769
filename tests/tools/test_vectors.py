from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.fakes import WordEmbeddings
from tools.store import NewDocument, SqliteStore
from tools.types import Chunk, PageRecord
from tools.vectors import VectorIndex, VectorWriter

MODEL = "words"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Yield an empty store."""
    store = SqliteStore(tmp_path / "store.sqlite")
    yield store
    store.close()


def take(store: SqliteStore, *texts: str, name: str = "a.pdf") -> list[int]:
    """Take in a document of one page a text and return its chunk ids."""
    document_id = store.register("default", NewDocument(name, name, 1, len(texts))).document_id
    records = [PageRecord(number, "text", "", text, 1.0, 1.0) for number, text in enumerate(texts, 1)]
    store.add_pages(document_id, records)
    chunks = [Chunk(number, 0, len(text), "") for number, text in enumerate(texts, 1)]
    store.add_chunks(document_id, chunks, context="")
    store.publish(document_id)
    return sorted(store.visible_chunks("default", documents=[document_id]))


def vector(text: str) -> npt.NDArray[np.float32]:
    """Return the vector of a question."""
    return np.asarray(WordEmbeddings().embed_query(text), np.float32)


def write_all(writer: VectorWriter) -> list[int]:
    """Write every vector that is missing and return how many came in each step."""
    return list(iter(writer.write_next, 0))


def test_an_empty_index_finds_nothing(store: SqliteStore) -> None:
    """Before anything was embedded there is nothing near."""
    index = VectorIndex(store, MODEL)
    index.refresh()

    assert (len(index), index.search(vector("dam"), limit=5, among=[1, 2])) == (0, [])


def test_the_nearest_chunk_comes_first_with_its_cosine(store: SqliteStore) -> None:
    """Chunks are ordered by cosine similarity, whatever the length of their vectors."""
    same, half, other = take(store, "dam wall", "dam lake", "castle")
    store.add_vectors(MODEL, {same: 5 * vector("dam wall"), half: vector("dam lake"), other: 100 * vector("castle")})
    index = VectorIndex(store, MODEL)
    index.refresh()
    found = index.search(3 * vector("dam wall"), limit=5, among=[same, half, other])

    assert [chunk for chunk, _ in found] == [same, half, other]
    assert [score for _, score in found] == pytest.approx([1.0, 0.875, 0.75], abs=1e-6)


def test_only_allowed_chunks_are_returned(store: SqliteStore) -> None:
    """A filtered search looks at what it may return, so it comes back full even when better ones stand elsewhere."""
    near = take(store, *["dam wall"] * 50, name="near.pdf")
    far = take(store, "dam lake", "dam castle", "dam crane", name="far.pdf")
    write_all(VectorWriter(store, WordEmbeddings(), MODEL))
    index = VectorIndex(store, MODEL)
    index.refresh()

    assert {chunk for chunk, _ in index.search(vector("dam wall"), limit=3, among=far)} == set(far)
    assert [chunk for chunk, _ in index.search(vector("dam wall"), limit=9, among=[near[3], 12345])] == [near[3]]
    assert index.search(vector("dam wall"), limit=3, among=[]) == []


def test_the_index_catches_up_with_another_writer(store: SqliteStore, tmp_path: Path) -> None:
    """What another process wrote is there after the next refresh, each vector once."""
    first = take(store, "dam wall")
    write_all(VectorWriter(store, WordEmbeddings(), MODEL))
    index = VectorIndex(store, MODEL)
    index.refresh()
    other = SqliteStore(tmp_path / "store.sqlite")
    second = take(other, "deep lake", name="b.pdf")
    write_all(VectorWriter(other, WordEmbeddings(), MODEL))
    other.close()
    index.refresh()
    index.refresh()

    assert len(index) == 2
    assert [chunk for chunk, _ in index.search(vector("deep lake"), limit=1, among=first + second)] == second


def test_each_model_has_an_index_of_its_own(store: SqliteStore) -> None:
    """Vectors of another embedding model, of another size even, do not mix in."""
    (chunk,) = take(store, "dam")
    store.add_vectors("small", {chunk: np.ones(3, np.float32)})
    store.add_vectors("large", {chunk: np.ones(9, np.float32)})
    index = VectorIndex(store, "small")
    index.refresh()

    assert [found for found, _ in index.search(np.ones(3, np.float32), limit=1, among=[chunk])] == [chunk]


def test_the_writer_embeds_a_few_at_a_time_and_each_once(store: SqliteStore) -> None:
    """Batches are small, so that questions get their turn, and end with 0."""
    take(store, *[f"dam {number}" for number in range(7)])
    embeddings = WordEmbeddings()
    writer = VectorWriter(store, embeddings, MODEL, batch=3)

    assert writer.missing() == 7
    assert write_all(writer) == [3, 3, 1]
    assert (writer.missing(), len(embeddings.embedded), len(set(embeddings.embedded))) == (0, 7, 7)


def test_another_writer_goes_on_where_one_stopped(store: SqliteStore) -> None:
    """An interrupted run leaves its vectors, and the next one writes the others only."""
    take(store, *[f"dam {number}" for number in range(5)])
    VectorWriter(store, WordEmbeddings(), MODEL, batch=2).write_next()
    embeddings = WordEmbeddings()

    assert write_all(VectorWriter(store, embeddings, MODEL, batch=2)) == [2, 1]
    assert embeddings.embedded == ["dam 2", "dam 3", "dam 4"]
