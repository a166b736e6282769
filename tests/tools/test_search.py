from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import WordEmbeddings
from tools.embeddings import load_embeddings
from tools.questions import carry
from tools.search import Found, HybridSearch
from tools.split import split_page
from tools.store import NewDocument, SqliteStore
from tools.types import PageRecord
from tools.vectors import VectorIndex, VectorWriter

DAM = (
    "The Ash Dam is 185 m high. It was built in 1969.",
    "Its lake holds 168 233 cubic metres of water.",
    "The maintenance of the dam cost 1.5 million francs in 2020.",
)
CASTLE = ("The castle of Sion stands on a hill.", "Its maintenance cost 2 million francs.")
CHINESE = ("大坝的高度为185米。", "水库的容量很大。")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Yield a store with three documents in one collection."""
    store = SqliteStore(tmp_path / "store.sqlite")
    for name, pages in (("dam.pdf", DAM), ("castle.pdf", CASTLE), ("shuiku.pdf", CHINESE)):
        take(store, name, pages)
    yield store
    store.close()


def take(store: SqliteStore, name: str, pages: tuple[str, ...], collection: str = "default") -> str:
    """Take in a document."""
    document_id = store.register(collection, NewDocument(name, name, 1, len(pages))).document_id
    store.add_pages(document_id, [PageRecord(n, "text", "", text, 1.0, 1.0) for n, text in enumerate(pages, 1)])
    chunks = [chunk for number, text in enumerate(pages, 1) for chunk in split_page(number, text)]
    store.add_chunks(document_id, chunks, context=name.removesuffix(".pdf"))
    store.publish(document_id)
    return document_id


def document_id(store: SqliteStore, name: str) -> str:
    """Return the id of a document."""
    return next(document.id for document in store.documents("default", model="") if document.name == name)


def embed(store: SqliteStore) -> None:
    """Give every chunk its vector."""
    writer = VectorWriter(store, WordEmbeddings(), "words")
    while writer.write_next():
        pass


def build(store: SqliteStore) -> HybridSearch:
    """Build the search over a store."""
    return HybridSearch(store, VectorIndex(store, "words"), WordEmbeddings())


def places(found: Found) -> list[tuple[str, int]]:
    """Return the documents and pages found, best first."""
    return [(passage["document"], passage["page"]) for passage in found.passages]


@pytest.mark.parametrize("embedded", [False, True], ids=["words-only", "with-vectors"])
@pytest.mark.parametrize(
    ("question", "place"),
    [
        pytest.param("How high is the Ash Dam?", ("dam.pdf", 1), id="english"),
        pytest.param("Where does the castle stand?", ("castle.pdf", 1), id="other-document"),
        pytest.param("168,233 cubic metres of what?", ("dam.pdf", 2), id="number-written-otherwise"),
        pytest.param("大坝有多高？高度是多少？", ("shuiku.pdf", 1), id="chinese"),
        pytest.param("castle maintenance", ("castle.pdf", 2), id="name-of-the-document"),
    ],
)
def test_the_page_that_answers_comes_first(
    store: SqliteStore,
    question: str,
    place: tuple[str, int],
    embedded: bool,  # noqa: FBT001 # a table of cases
) -> None:
    """Questions find their page by words alone, and by words and vectors together."""
    if embedded:
        embed(store)

    assert places(build(store).search(question, collection="default"))[0] == place


def test_a_document_is_found_before_it_has_vectors(store: SqliteStore) -> None:
    """What was published a moment ago is not hidden by what was embedded before."""
    embed(store)
    take(store, "tower.pdf", ("The water tower of Bex is round.",))
    found = build(store).search("Is the water tower round?", collection="default")

    assert ("tower.pdf", 1) in places(found)[:2]


def test_words_find_when_the_embeddings_fail(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    """A provider that cannot be reached costs the search by meaning, not the search."""
    embed(store)
    unreachable = load_embeddings("openai:tiny", base_url="http://127.0.0.1:9/v1", api_key="none")
    search = HybridSearch(store, VectorIndex(store, "words"), unreachable)

    found = search.search("How high is the dam?", collection="default")

    assert found.passages
    assert found.similarity is None
    assert "searching by words only: embeddings 'openai:tiny' failed" in caplog.text


def test_the_outcome_tells_how_good_it_is(store: SqliteStore) -> None:
    """A question whose words all stand in one passage is covered better than one of which hardly any does."""
    embed(store)
    good = build(store).search("How high is the Ash Dam?", collection="default")
    poor = build(store).search("Which castle won the football championship?", collection="default")

    assert 0 <= poor.coverage < good.coverage <= 1
    assert good.similarity is not None
    assert poor.similarity is not None
    assert good.similarity > poor.similarity
    assert (good.generation, good.chunks) == (3, 7)


def test_nothing_in_common_is_nothing_found(store: SqliteStore) -> None:
    """Without vectors a question finds only what shares a word with it."""
    found = build(store).search("Wherefore photosynthesis?", collection="default")

    assert (found.passages, found.coverage, found.similarity, found.chunks) == ([], 0.0, None, 7)


@pytest.mark.parametrize("question", ["", "?!", "is it the?", "的吗"], ids=["nothing", "signs", "function", "chinese"])
def test_empty_questions_do_not_fail(store: SqliteStore, question: str) -> None:
    """A question without a word that carries meaning brings some outcome."""
    embed(store)

    assert 0 <= build(store).search(question, collection="default").coverage <= 1


def test_an_unknown_collection_holds_nothing(store: SqliteStore) -> None:
    """A collection that was never written to is empty, not an error."""
    assert build(store).search("dam", collection="nope").chunks == 0


@pytest.mark.parametrize("embedded", [False, True], ids=["words-only", "with-vectors"])
def test_a_filter_leaves_the_named_documents_only(store: SqliteStore, embedded: bool) -> None:  # noqa: FBT001 # a table of cases
    """However well others fit, only chunks of the named documents come back."""
    if embedded:
        embed(store)
    castle = document_id(store, "castle.pdf")
    found = build(store).search("How high is the Ash Dam? Maintenance?", collection="default", documents=[castle])

    assert {place for place, _ in places(found)} == {"castle.pdf"}
    assert found.chunks == 2
    assert build(store).search("dam", collection="default", documents=[]).chunks == 0


def test_no_more_passages_come_than_asked_for(store: SqliteStore) -> None:
    """The limit holds, and the best are kept."""
    embed(store)
    search = build(store)
    three = places(search.search("maintenance of the dam", collection="default", limit=3))

    assert len(three) == 3
    assert places(search.search("maintenance of the dam", collection="default", limit=1)) == three[:1]


def test_scores_fall_from_first_to_last(store: SqliteStore) -> None:
    """Passages carry the score that ordered them."""
    embed(store)
    scores = [p["score"] for p in build(store).search("maintenance of the dam", collection="default").passages]

    assert scores == sorted(scores, reverse=True)


def test_the_same_question_finds_the_same(store: SqliteStore) -> None:
    """Search leaves nothing to chance."""
    embed(store)
    search = build(store)

    assert search.search("maintenance", collection="default") == search.search("maintenance", collection="default")


def test_a_follow_up_looks_near_the_pages_talked_about(store: SqliteStore) -> None:
    """Of passages that fit alike, that of the conversation's document comes first; own words alone have no place."""
    embed(store)
    search = build(store)
    near = [(document_id(store, "castle.pdf"), 1)]
    question = carry("And the maintenance cost?", "Where does it stand?")

    assert places(search.search(question, collection="default", near=near))[0] == ("castle.pdf", 2)
    alone = search.search("maintenance cost", collection="default")
    assert search.search("maintenance cost", collection="default", near=near) == alone


def test_nearer_pages_go_before_farther_ones(store: SqliteStore) -> None:
    """Of pages that say the same, the one talked about comes first, then its neighbours, then the rest of its file."""
    line = ("A weir of this kind costs a million francs.",)
    take(store, "weirs.pdf", line * 6)
    take(store, "other.pdf", line)
    near = [(document_id(store, "weirs.pdf"), 2)]
    found = build(store).search(
        carry("And what does it cost?", "Which kind of weir is it?"), collection="default", near=near, limit=7
    )
    weirs = [place for place in places(found) if place[0] in {"weirs.pdf", "other.pdf"}]

    assert weirs[0] == ("weirs.pdf", 2)
    assert {page for _, page in weirs[:4]} == {1, 2, 3, 4}
    assert weirs[-1] == ("other.pdf", 1)


def test_carried_words_decide_between_equals(store: SqliteStore) -> None:
    """The earlier question tells which cost is meant."""
    embed(store)
    search = build(store)
    dam = search.search(carry("What did maintenance cost?", "How high is the Ash Dam?"), collection="default")
    castle = search.search(carry("What did maintenance cost?", "On what does the castle stand?"), collection="default")

    assert (places(dam)[0], places(castle)[0]) == (("dam.pdf", 3), ("castle.pdf", 2))


def test_an_older_version_is_not_found_any_more(store: SqliteStore) -> None:
    """The vectors of a replaced document stay in the index but out of every answer."""
    embed(store)
    search = build(store)
    search.search("dam", collection="default")
    changed = NewDocument("dam.pdf", "other-bytes", 1, 1)
    new_id = store.register("default", changed).document_id
    store.add_pages(new_id, [PageRecord(1, "text", "", "The Ash Dam is 200 m high.", 1.0, 1.0)])
    store.add_chunks(new_id, split_page(1, "The Ash Dam is 200 m high."), context="dam")
    store.publish(new_id)
    found = search.search("How high is the Ash Dam?", collection="default")

    assert found.passages[0]["text"] == "The Ash Dam is 200 m high."
    assert not any("185 m high" in passage["text"] for passage in found.passages)


def test_collections_do_not_mix(store: SqliteStore) -> None:
    """A search stays in its collection."""
    take(store, "other.pdf", ("Another dam is 50 m high.",), collection="other")
    embed(store)

    assert places(build(store).search("How high is the dam?", collection="other")) == [("other.pdf", 1)]
