import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from tools.errors import PageloomError, UnknownNameError
from tools.store import NewDocument, SqliteStore
from tools.store.catalogue import LedgerError
from tools.store.database import SCHEMA_VERSION
from tools.types import Chunk, PageKind, PageRecord, TextLine
from tools.words import index_terms

MODEL = "m"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store's file stands."""
    return tmp_path / "data" / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Yield an empty store."""
    store = SqliteStore(path)
    yield store
    store.close()


def new(name: str = "dam.pdf", content: str = "1", pages: int = 1) -> NewDocument:
    """Return a file on its way in; the same content has the same digest."""
    return NewDocument(name, f"sha-{content}", bytes=100, pages=pages, title="A title")


def page(number: int, text: str) -> PageRecord:
    """Return a page read from a text layer."""
    return PageRecord(number, "text", "text-layer", text, 595.0, 842.0)


def take(
    store: SqliteStore,
    *texts: str,
    name: str = "dam.pdf",
    content: str = "",
    collection: str = "default",
    context: str = "",
) -> str:
    """Take a document in whose pages are these, one chunk each."""
    registration = store.register(collection, new(name, content or "".join(texts), len(texts)))
    document_id = registration.document_id
    if registration.state == "restored":
        return document_id
    store.add_pages(document_id, [page(number, text) for number, text in enumerate(texts, 1)])
    chunks = [Chunk(number, 0, len(text), "") for number, text in enumerate(texts, 1)]
    store.add_chunks(document_id, chunks, context=context)
    store.publish(document_id)
    return document_id


def found(store: SqliteStore, words: str, collection: str = "default", **filters: Any) -> list[str]:
    """Return the texts that a search finds, best first."""
    pairs = store.search_terms(collection, index_terms(words), limit=10, **filters)
    return [passage["text"] for passage in store.passages([chunk_id for chunk_id, _ in pairs])]


def test_an_empty_store_holds_nothing(store: SqliteStore) -> None:
    """A collection that was never written to is empty, not an error."""
    assert (store.collections(), store.generation("default")) == ([], 0)
    assert (store.documents("default", model=MODEL), store.visible_chunks("default")) == ([], [])
    assert found(store, "dam") == []


def test_a_published_document_is_found(store: SqliteStore) -> None:
    """Publishing makes a generation, and its pages can be searched."""
    take(store, "The dam is high.", "The lake is deep.")

    assert store.generation("default") == 1
    assert found(store, "deep lakes") == ["The lake is deep."]


def test_a_document_is_invisible_until_it_is_published(store: SqliteStore) -> None:
    """While pages are read no search sees them, and the listing says so."""
    document_id = store.register("default", new(pages=1)).document_id
    store.add_pages(document_id, [page(1, "The dam is high.")])
    store.add_chunks(document_id, [Chunk(1, 0, 16, "")], context="dam")

    assert (found(store, "dam"), store.visible_chunks("default")) == ([], [])
    assert store.chunks_without_vectors(MODEL, limit=9) == []
    assert [document.state for document in store.documents("default", model=MODEL)] == ["reading"]
    assert [unfinished.id for unfinished in store.unfinished()] == [document_id]


def test_publishing_half_a_document_changes_nothing(store: SqliteStore) -> None:
    """A document whose pages are not all in the ledger is refused and stays invisible."""
    document_id = store.register("default", new(pages=2)).document_id
    store.add_pages(document_id, [page(1, "The dam is high.")])
    store.add_chunks(document_id, [Chunk(1, 0, 16, "")], context="dam")
    with pytest.raises(LedgerError, match="2 pages but 1 are accounted for"):
        store.publish(document_id)

    assert (store.generation("default"), found(store, "dam")) == (0, [])


@pytest.mark.parametrize(
    ("again", "state"),
    [
        pytest.param(new(), "unchanged", id="same-file"),
        pytest.param(new(content="2"), "new", id="other-bytes"),
        pytest.param(new(name="copy.pdf"), "new", id="other-name"),
    ],
)
def test_the_same_bytes_under_the_same_name_are_unchanged(store: SqliteStore, again: NewDocument, state: str) -> None:
    """Only a file that is published as it is needs no reading."""
    take(store, "The dam is high.", content="1")

    assert store.register("default", again).state == state


def test_other_collections_do_not_know_a_file(store: SqliteStore) -> None:
    """The same file can be in two collections, each with its own generations."""
    take(store, "The dam is high.", content="1", collection="one")

    assert store.register("two", new(content="1")).state == "new"
    assert (store.collections(), store.generation("two")) == (["one", "two"], 0)
    assert found(store, "dam", "two") == []


def test_an_interrupted_ingest_goes_on_where_it_stopped(store: SqliteStore) -> None:
    """A second registration finds the first with the pages it has, and pages written twice stay as they were."""
    first = store.register("default", new(pages=3))
    store.add_pages(first.document_id, [page(1, "one"), page(2, "two")])
    second = store.register("default", new(pages=3))
    store.add_pages(first.document_id, [page(2, "another"), page(3, "three")])

    assert (first.state, second.state, second.document_id) == ("new", "unfinished", first.document_id)
    assert [record.text for record in store.pages(first.document_id)] == ["one", "two", "three"]
    assert store.read_page_numbers(first.document_id) == {1, 2, 3}


def test_chunks_written_again_replace_the_earlier_ones(store: SqliteStore) -> None:
    """Indexing a document twice does not index it double."""
    document_id = take(store, "The dam is high.")
    store.add_chunks(document_id, [Chunk(1, 0, 7, ""), Chunk(1, 8, 16, "")], context="")

    assert found(store, "dam") == ["The dam"]
    assert store.chunk_count() == 2


def test_other_bytes_of_the_same_name_replace_the_document_at_once(store: SqliteStore) -> None:
    """The new version appears in the very generation in which the old one goes."""
    take(store, "The dam is 100 m high.")
    new_id = take(store, "The dam is 200 m high.")
    (document,) = store.documents("default", model=MODEL)

    assert (document.id, document.version, store.generation("default")) == (new_id, 2, 2)
    assert found(store, "dam") == ["The dam is 200 m high."]


def test_every_generation_stays_as_it_was(store: SqliteStore) -> None:
    """A reader of an older generation sees what was there then."""
    take(store, "The dam is 100 m high.")
    new_id = take(store, "The dam is 200 m high.")
    store.remove(new_id)

    assert [found(store, "dam", generation=number) for number in range(4)] == [
        [],
        ["The dam is 100 m high."],
        ["The dam is 200 m high."],
        [],
    ]
    assert [len(store.visible_chunks("default", generation=number)) for number in range(4)] == [0, 1, 1, 0]


def test_a_replaced_file_can_come_back(store: SqliteStore) -> None:
    """The bytes of an older version are there again at once, as a further generation, chunks and all."""
    take(store, "The dam is 100 m high.")
    first = store.visible_chunks("default")
    take(store, "The dam is 200 m high.")
    take(store, "The dam is 100 m high.")

    assert store.visible_chunks("default") == first
    assert found(store, "dam") == ["The dam is 100 m high."]
    assert (store.generation("default"), len(store.documents("default", model=MODEL))) == (3, 1)


def test_a_document_that_was_overtaken_does_not_replace_its_successor(store: SqliteStore) -> None:
    """The slower reading of an older version, published last, leaves the newer one in place."""
    older = store.register("default", new("dam.pdf", "older", 1)).document_id
    take(store, "The dam is 200 m high.")
    store.add_pages(older, [page(1, "The dam is 100 m high.")])

    assert store.publish(older) == store.generation("default") == 1
    assert found(store, "dam") == ["The dam is 200 m high."]


def test_a_removed_document_is_removed_once(store: SqliteStore) -> None:
    """What is not in its collection now cannot be taken out of it."""
    document_id = take(store, "The dam is high.")
    store.remove(document_id)
    with pytest.raises(UnknownNameError, match="list the documents"):
        store.remove(document_id)

    assert (store.generation("default"), store.documents("default", model=MODEL)) == (2, [])


def test_a_published_document_does_not_fail(store: SqliteStore) -> None:
    """A second reader of the same file, one without its password say, takes nothing away from the first."""
    document_id = take(store, "The dam is high.")
    store.fail(document_id, code="password_needed", message="'dam.pdf' is encrypted")

    assert found(store, "dam") == ["The dam is high."]
    assert [document.code for document in store.documents("default", model=MODEL)] == [None]


def test_a_failed_document_says_why_and_can_be_tried_again(store: SqliteStore) -> None:
    """Nothing of it can be found, the listing names the reason, and a new attempt starts from nothing."""
    document_id = store.register("default", new(pages=2)).document_id
    store.add_pages(document_id, [page(1, "The dam is high.")])
    store.fail(document_id, code="damaged", message="'dam.pdf' is damaged")
    (failed,) = store.documents("default", model=MODEL)
    again = store.register("default", new(pages=2))

    assert (failed.state, failed.code, failed.message) == ("failed", "damaged", "'dam.pdf' is damaged")
    assert (again.document_id, again.state) == (document_id, "unfinished")
    assert store.read_page_numbers(document_id) == set()
    assert store.document(document_id, model=MODEL).code is None


def test_only_what_no_collection_holds_is_discarded(store: SqliteStore) -> None:
    """A published document is not forgotten by accident; one that failed is."""
    published = take(store, "The dam is high.")
    failed = store.register("default", new(name="bad.pdf")).document_id
    store.fail(failed, code="damaged", message="")
    store.discard(failed)
    with pytest.raises(UnknownNameError):
        store.discard(published)

    assert [document.name for document in store.documents("default", model=MODEL)] == ["dam.pdf"]


def test_the_ledger_keeps_every_figure(store: SqliteStore) -> None:
    """A page comes back from the ledger as it was written."""
    record = PageRecord(
        page=1,
        kind="ocr",
        reason="no-text",
        text="大坝 “é” \U0001f3d4",
        width=595.3,
        height=842.0,
        confidence=0.97,
        seconds=1.5,
        language="zh",
        figures={"ink": 0.25, "characters": 3.0},
        lines=(TextLine(0, 2, (1.0, 2.0, 3.0, 4.5)),),
    )
    document_id = store.register("default", new()).document_id
    store.add_pages(document_id, [record])

    assert store.pages(document_id) == [record]
    assert store.page_text(document_id, 1).lines == record.lines


def test_pages_are_counted_by_kind(store: SqliteStore) -> None:
    """Text, OCR, blank and failed pages add up to the pages of the document, and failed ones are named."""
    document_id = store.register("default", new(pages=4)).document_id
    kinds = get_args(PageKind)
    store.add_pages(document_id, [PageRecord(number, kind, "", "", 1.0, 1.0) for number, kind in enumerate(kinds, 1)])
    store.publish(document_id)
    document = store.document(document_id, model=MODEL)

    assert document.page_kinds == store.page_kinds(document_id) == dict.fromkeys(kinds, 1)
    assert store.unread_pages([document_id, "unknown"]) == {document_id: [4]}
    assert store.unread_pages_among("default") == {document_id: [4]}
    assert store.unread_pages_among("default", documents=["unknown"]) == store.unread_pages_among("other") == {}


def test_a_chunk_is_cut_out_of_its_page_to_the_character(store: SqliteStore) -> None:
    """Offsets count characters, whatever they weigh in bytes."""
    text = "\U0001f3d4 大坝 is high. é End."
    document_id = store.register("default", new()).document_id
    store.add_pages(document_id, [page(1, text)])
    store.add_chunks(document_id, [Chunk(1, 2, 4, ""), Chunk(1, text.index("é"), len(text), "Head")], context="")
    store.publish(document_id)
    passages = store.passages(sorted(store.visible_chunks("default")))

    assert [(passage["text"], passage["heading"]) for passage in passages] == [("大坝", ""), ("é End.", "Head")]


def test_passages_keep_the_order_asked_for(store: SqliteStore) -> None:
    """Ids that lead nowhere are left out."""
    take(store, "one", "two", "three")
    first, second, third = sorted(store.visible_chunks("default"))

    assert [passage["text"] for passage in store.passages([third, 999, first, second])] == ["three", "one", "two"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        pytest.param("dams", "The dam is high.", id="stem"),
        pytest.param("1,234", "It holds 1 234 tonnes.", id="number"),
        pytest.param("大学", "北京大学很大。", id="chinese-part"),
        pytest.param("etes", "Les étés sont longs.", id="accents"),
        pytest.param('"dam" OR x* NEAR(', "The dam is high.", id="syntax-of-the-index"),
    ],
)
def test_search_understands_words_as_people_write_them(store: SqliteStore, question: str, text: str) -> None:
    """The keyword index sees the same terms in text and question."""
    take(store, "The dam is high.", "It holds 1 234 tonnes.", "北京大学很大。", "Les étés sont longs.")

    assert found(store, question) == [text]


def test_a_rarer_word_counts_more(store: SqliteStore) -> None:
    """Passages are ranked, not only found."""
    take(store, "dam wall", "dam lake", "dam river", "dam crane")

    assert found(store, "dam crane")[0] == "dam crane"


def test_the_name_of_the_document_helps_to_find_it(store: SqliteStore) -> None:
    """Its context is searched too, with less weight than text."""
    take(store, "It is high.", name="one.pdf", context="zervreila")
    take(store, "The zervreila dam is high.", name="other.pdf")

    assert found(store, "zervreila") == ["The zervreila dam is high.", "It is high."]


def test_a_filter_is_part_of_the_search(store: SqliteStore) -> None:
    """A filtered search does not come back short when better matches stand elsewhere."""
    for number in range(20):
        take(store, "dam dam dam", name=f"{number}.pdf")
    wanted = take(store, "A long text that names the dam once among many other words.", name="wanted.pdf")
    pairs = store.search_terms("default", ["dam"], limit=1, documents=[wanted])

    assert [passage["document_id"] for passage in store.passages([pairs[0][0]])] == [wanted]
    assert found(store, "dam", documents=[]) == []
    assert len(store.visible_chunks("default", documents=[wanted])) == 1


def test_vectors_arrive_in_the_order_they_were_written(store: SqliteStore) -> None:
    """A reader goes on behind what it has, and a second vector of the same chunk is ignored."""
    take(store, "one", "two", "three")
    first, second, third = sorted(store.visible_chunks("default"))
    store.add_vectors(MODEL, {second: np.array([0, 1], np.float32)})
    last, ids, _ = store.vectors_after(MODEL, 0, limit=9)
    store.add_vectors(MODEL, {second: np.array([9, 9], np.float32), first: np.array([1, 0], np.float32)})
    store.add_vectors(MODEL, {999: np.array([5, 5], np.float32)})
    _, more, matrix = store.vectors_after(MODEL, last, limit=9)

    assert (ids, more, matrix.tolist()) == ([second], [first], [[1.0, 0.0]])
    assert [passage["chunk_id"] for passage in store.chunks_without_vectors(MODEL, limit=9)] == [third]
    assert (store.count_without_vectors(MODEL), store.count_without_vectors("other")) == (1, 3)


def test_a_document_is_ready_once_it_has_all_vectors(store: SqliteStore) -> None:
    """Until then it is searchable, which counts for each embedding model by itself."""
    document_id = take(store, "one", "two")
    before = store.document(document_id, model=MODEL)
    store.add_vectors(MODEL, {chunk: np.ones(2, np.float32) for chunk in store.visible_chunks("default")})

    assert (before.state, before.chunks, before.vectors) == ("searchable", 2, 0)
    assert store.document(document_id, model=MODEL).state == "ready"
    assert store.document(document_id, model="other").state == "searchable"


def test_a_second_store_sees_what_the_first_commits(store: SqliteStore, path: Path) -> None:
    """Two processes on one file share one truth, from the next call on."""
    other = SqliteStore(path)
    take(store, "The dam is high.")
    seen = found(other, "dam")
    take(other, "The lake is deep.", name="lake.pdf")
    other.close()

    assert seen == ["The dam is high."]
    assert found(store, "lake") == ["The lake is deep."]


def test_a_reopened_store_holds_what_it_held(path: Path) -> None:
    """Closing and opening loses nothing."""
    before = SqliteStore(path)
    document_id = take(before, "The dam is high.")
    before.close()
    after = SqliteStore(path)
    texts = found(after, "dam")
    document = after.document(document_id, model=MODEL)
    after.close()

    assert (texts, document.title, document.pages) == (["The dam is high."], "A title", 1)


def test_writers_in_many_threads_lose_nothing(store: SqliteStore, path: Path) -> None:
    """Threads of two stores on one file publish at the same time; each gets a generation of its own."""
    other = SqliteStore(path)
    stores = [store, other] * 10
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda at: take(at[1], f"dam {at[0]}", name=f"{at[0]}.pdf"), enumerate(stores)))
    other.close()

    assert store.generation("default") == 20
    assert [len(store.visible_chunks("default", generation=number)) for number in range(21)] == list(range(21))


def test_the_same_file_in_many_threads_is_one_document(store: SqliteStore) -> None:
    """People who send the same file at the same moment do not double it."""
    with ThreadPoolExecutor(6) as threads:
        ids = list(threads.map(lambda _: take(store, "The dam is high."), range(6)))

    assert len(set(ids)) == len(store.documents("default", model=MODEL)) == 1
    assert found(store, "dam") == ["The dam is high."]


def test_stores_that_are_opened_at_the_same_moment_make_one(path: Path) -> None:
    """Several processes may start on an empty data directory together."""
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: SqliteStore(path), range(8)))
    take(stores[0], "The dam is high.")
    seen = [found(store, "dam") for store in stores]
    for store in stores:
        store.close()

    assert seen == [["The dam is high."]] * 8


def test_a_store_of_a_newer_version_is_left_alone(path: Path) -> None:
    """The message says which version is needed, and what there is stays as it is."""
    SqliteStore(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()

    with pytest.raises(PageloomError, match=f"store version {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}"):
        SqliteStore(path)


def test_a_closed_store_opens_no_connection_again(path: Path) -> None:
    """A thread that comes late is told, and leaves nothing open behind."""
    store = SqliteStore(path)
    store.close()
    with ThreadPoolExecutor(1) as threads, pytest.raises(PageloomError, match="the store is closed"):
        threads.submit(store.chunk_count).result()


def test_a_file_that_is_no_store_is_refused(path: Path) -> None:
    """Somebody else's file is named and not touched."""
    path.parent.mkdir()
    path.write_bytes(b"something else " * 100)

    with pytest.raises(PageloomError, match=r"store\.sqlite' is not a store of Pageloom; choose another"):
        SqliteStore(path)
    assert path.read_bytes() == b"something else " * 100


@pytest.mark.parametrize("call", ["document", "pages", "page_text", "publish", "add_pages", "fail", "discard"])
def test_an_unknown_document_is_named(store: SqliteStore, call: str) -> None:
    """The error tells which id leads nowhere."""
    arguments: dict[str, Callable[[], object]] = {
        "document": lambda: store.document("nope", model=MODEL),
        "pages": lambda: store.pages("nope"),
        "page_text": lambda: store.page_text("nope", 1),
        "publish": lambda: store.publish("nope"),
        "add_pages": lambda: store.add_pages("nope", []),
        "fail": lambda: store.fail("nope", code="", message=""),
        "discard": lambda: store.discard("nope"),
    }

    with pytest.raises(UnknownNameError, match="nope"):
        arguments[call]()


# Tenants

_SHARED = {"close", "register", "term_frequencies", "chunk_count"}
"""Methods that name nobody's documents: the last two count terms over the whole file."""
_STRANGER: dict[str, tuple[Callable[[SqliteStore, str, int], object], object]] = {
    "generation": (lambda store, *_: store.generation("default"), 0),
    "collections": (lambda store, *_: store.collections(), []),
    "read_page_numbers": (lambda store, document, _: store.read_page_numbers(document), set()),
    "add_pages": (lambda store, document, _: store.add_pages(document, [page(2, "x")]), UnknownNameError),
    "add_chunks": (lambda store, document, _: store.add_chunks(document, [], context=""), UnknownNameError),
    "publish": (lambda store, document, _: store.publish(document), UnknownNameError),
    "fail": (lambda store, document, _: store.fail(document, code="x", message=""), UnknownNameError),
    "remove": (lambda store, document, _: store.remove(document), UnknownNameError),
    "discard": (lambda store, document, _: store.discard(document), UnknownNameError),
    "unfinished": (lambda store, *_: store.unfinished(), []),
    "documents": (lambda store, *_: store.documents("default", model=MODEL), []),
    "document": (lambda store, document, _: store.document(document, model=MODEL), UnknownNameError),
    "page_kinds": (
        lambda store, document, _: store.page_kinds(document),
        {"text": 0, "ocr": 0, "blank": 0, "failed": 0},
    ),
    "pages": (lambda store, document, _: store.pages(document), UnknownNameError),
    "page_text": (lambda store, document, _: store.page_text(document, 1), UnknownNameError),
    "unread_pages": (lambda store, document, _: store.unread_pages([document]), {}),
    "unread_pages_among": (lambda store, document, _: store.unread_pages_among("default", documents=[document]), {}),
    "search_terms": (lambda store, *_: store.search_terms("default", ["dam"], limit=9), []),
    "visible_chunks": (lambda store, *_: store.visible_chunks("default"), []),
    "passages": (lambda store, _, chunk: store.passages([chunk]), []),
    "chunks_without_vectors": (lambda store, *_: store.chunks_without_vectors(MODEL, limit=9), []),
    "count_without_vectors": (lambda store, *_: store.count_without_vectors(MODEL), 0),
    "add_vectors": (lambda store, _, chunk: store.add_vectors(MODEL, {chunk: np.ones(2, np.float32)}), None),
    "vectors_after": (lambda store, *_: store.vectors_after("other", 0, limit=9)[1], []),
}


@pytest.mark.parametrize("method", sorted(_STRANGER))
def test_a_tenant_sees_nothing_of_another(store: SqliteStore, path: Path, method: str) -> None:
    """Whatever a stranger calls, with ids guessed right, brings nothing and changes nothing."""
    document_id = take(store, "The dam is high.")
    failed = store.register("default", new(name="failed.pdf")).document_id
    store.add_pages(failed, [PageRecord(1, "failed", "", "", 1.0, 1.0)])
    (chunk,) = store.visible_chunks("default")
    store.add_vectors("other", {chunk: np.ones(2, np.float32)})
    stranger = SqliteStore(path, tenant="stranger")
    call, expected = _STRANGER[method]
    try:
        came = call(stranger, failed if method in {"unread_pages", "discard"} else document_id, chunk)
    except UnknownNameError:
        came = UnknownNameError
    stranger.close()

    assert came == expected
    assert (found(store, "dam"), store.generation("default")) == (["The dam is high."], 1)
    assert store.count_without_vectors(MODEL) == 1
    assert len(store.pages(document_id)) == len(store.pages(failed)) == 1


def test_no_method_is_left_out_of_the_test_of_tenants() -> None:
    """A method added to the store must say what a stranger gets from it."""
    methods = {name for name in dir(SqliteStore) if not name.startswith("_")}

    assert methods - _SHARED == set(_STRANGER)


def test_tenants_have_collections_of_the_same_name(store: SqliteStore, path: Path) -> None:
    """The same file in the same collection is one document for each tenant."""
    other = SqliteStore(path, tenant="other")
    mine = take(store, "The dam is high.", "Mine.", content="1")
    theirs = take(other, "The dam is high.", "Theirs.", content="1")
    seen = found(other, "dam mine theirs")
    other.close()

    assert mine != theirs
    assert sorted(seen) == ["The dam is high.", "Theirs."]
    assert sorted(found(store, "dam mine theirs")) == ["Mine.", "The dam is high."]


# Accidents

_DIE = """
import os, signal, sys
from pathlib import Path
from tests.tools.store.test_sqlite import Chunk, SqliteStore, new, page, take

def dying(items):
    yield from items[: len(items) // 2]
    os.kill(os.getpid(), signal.SIGKILL)

store = SqliteStore(Path(sys.argv[1]))
texts = [f"dam {number} " + "word " * 50 for number in range(200)]
document_id = store.register("default", new("big.pdf", pages=len(texts))).document_id
pages = [page(number, text) for number, text in enumerate(texts, 1)]
chunks = [Chunk(number, 0, len(text), "") for number, text in enumerate(texts, 1)]
if sys.argv[2] == "add_pages":
    store.add_pages(document_id, pages[:100])
    store.add_pages(document_id, dying(pages[100:]))
store.add_pages(document_id, pages)
if sys.argv[2] == "add_chunks":
    store.add_chunks(document_id, chunks[:1], context="")
    store.add_chunks(document_id, dying(chunks), context="")
number = 0
while True:
    take(store, f"dam {number}", name=f"{number % 3}.pdf")
    number += 1
    print(number, flush=True)
"""


def run_until_killed(path: Path, moment: str) -> None:
    """Run a child that writes to the store and is killed, by itself or (while publishing) from here."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _DIE, str(path), moment]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 # our own script
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == "25":
                child.kill()
        child.wait()
    assert child.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("moment", "pages", "chunks"), [("add_pages", 100, 0), ("add_chunks", 200, 1)])
def test_a_killed_writer_leaves_the_state_before_its_transaction(
    path: Path, moment: str, pages: int, chunks: int
) -> None:
    """What a process was writing when it was killed is not there, what it had written before is."""
    run_until_killed(path, moment)
    store = SqliteStore(path)
    (document,) = store.documents("default", model=MODEL)
    counts = (sum(document.page_kinds.values()), document.chunks, document.state, store.visible_chunks("default"))
    again = store.register("default", new("big.pdf", pages=200))
    store.close()

    assert counts == (pages, chunks, "reading", [])
    assert (again.document_id, again.state) == (document.id, "unfinished")


def test_a_killed_publisher_leaves_whole_generations(path: Path) -> None:
    """After a kill in the middle of publishing, every generation is whole and the next one can be made."""
    run_until_killed(path, "publish")
    store = SqliteStore(path)
    generation = store.generation("default")
    visible = [len(store.visible_chunks("default", generation=number)) for number in range(generation + 1)]
    take(store, "The lake is deep.", name="lake.pdf")
    texts = found(store, "lake")
    store.close()

    assert generation >= 25
    assert visible == [min(number, 3) for number in range(generation + 1)]
    assert texts == ["The lake is deep."]


_FILL = """
import resource, signal, sqlite3, sys
from pathlib import Path
from tests.tools.store.test_sqlite import SqliteStore, found, new, page, take

store = SqliteStore(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
document_id = store.register("default", new("big.pdf")).document_id
try:
    store.add_pages(document_id, [page(1, "x" * (4 << 20))])
except sqlite3.OperationalError:
    print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
take(store, "The dam is high.")
print(found(store, "dam"), store.pages(document_id))
"""


def test_a_full_disk_fails_one_call_only(path: Path) -> None:
    """What did not fit is not there, and the same connection works once there is room again."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    child = subprocess.run(  # noqa: S603 # our own script
        [sys.executable, "-c", _FILL, str(path)], env=environment, capture_output=True, text=True, check=False
    )

    assert (child.stderr, child.stdout.split("\n")) == ("", ["full", "['The dam is high.'] []", ""])
