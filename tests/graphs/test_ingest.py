import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from graphs.ingest import build_ingest_graph
from graphs.state import IngestFile, IngestInput
from tests import pdfs
from tests.fakes import WordEmbeddings
from tests.graphs.conftest import MODEL, ProgressNotes, Workshop
from tools.errors import WorkerError
from tools.ocr.engine import OcrEngine, OcrLimits
from tools.pdf.pages import PageRead
from tools.pdf.reader import PdfLimits, PdfReader
from tools.store.files import digest_file
from tools.vectors import VectorWriter
from tools.words import index_terms

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAM = "The Ash Dam is 185 m high and was built in 1969 by the canton of Valais."
CASTLE = "The castle of Sion stands on a hill and was built in 1290 by a bishop."
KINDS = {"text": 0, "ocr": 0, "blank": 0, "failed": 0}


SEVENTY = [f"{DAM} It stands in {one}{two}." for one in "ABCDEFG" for two in "abcdefghij"]
"""Pages that differ in more than a number, so that none of their lines runs from page to page."""


def found(workshop: Workshop, words: str, collection: str = "default") -> list[tuple[str, int]]:
    """Return the documents and pages that a keyword search finds."""
    pairs = workshop.store.search_terms(collection, index_terms(words), limit=9)
    return [(p["document"], p["page"]) for p in workshop.store.passages([chunk for chunk, _ in pairs])]


async def test_a_text_pdf_is_read_indexed_and_embedded(workshop: Workshop) -> None:
    """After ingest each page is found by its words, and every chunk has its vector."""
    path = pdfs.text_pdf(workshop.directory / "a.pdf", [DAM, CASTLE], title="Of dams and castles")
    (document,) = await workshop.ingest(path)
    (listed,) = workshop.store.documents("default", model=MODEL)

    assert document == {
        "path": str(path),
        "name": "a.pdf",
        "id": listed.id,
        "state": "ingested",
        "code": None,
        "message": "2 pages",
        "pages": 2,
        "page_kinds": KINDS | {"text": 2},
    }
    assert (listed.state, listed.chunks, listed.title) == ("ready", 2, "Of dams and castles")
    assert found(workshop, "bishop") == [("a.pdf", 2)]


async def test_a_scanned_page_is_recognised(workshop: Workshop) -> None:
    """Pages without text are read by OCR, blank ones are blank, and all are accounted for."""
    pages = [("text", DAM), ("scan", "The committee approved\na budget of 4,250 dollars."), ("blank", "")]
    (document,) = await workshop.ingest(pdfs.mixed_pdf(workshop.directory / "a.pdf", pages))

    assert document["page_kinds"] == KINDS | {"text": 1, "ocr": 1, "blank": 1}
    assert found(workshop, "committee 4250") == [("a.pdf", 2)]


@pytest.mark.parametrize(
    ("password", "state", "code"),
    [
        pytest.param(None, "failed", "password_needed", id="none"),
        pytest.param("wrong", "failed", "wrong_password", id="wrong"),
        pytest.param("secret", "ingested", None, id="right"),
    ],
)
async def test_an_encrypted_file_needs_its_password(
    workshop: Workshop, password: str | None, state: str, code: str | None
) -> None:
    """The password travels beside the state, and the right one opens the file."""
    path = pdfs.encrypted_pdf(workshop.directory / "a.pdf", [DAM], "secret")
    (document,) = await workshop.ingest(path, password=password)

    assert (document["state"], document["code"]) == (state, code)
    assert bool(found(workshop, "dam")) is (state == "ingested")
    assert "secret" not in str(document)


async def test_a_bad_file_does_not_hinder_the_others(workshop: Workshop) -> None:
    """Each file that cannot be taken says why; the good ones are taken in."""
    here = workshop.directory
    (here / "empty.pdf").write_bytes(b"")
    (here / "text.pdf").write_text("no PDF at all")
    (here / "folder.pdf").mkdir()
    paths = [
        pdfs.text_pdf(here / "a.pdf", [DAM]),
        pdfs.truncated_pdf(here / "cut.pdf", [DAM]),
        here / "empty.pdf",
        here / "folder.pdf",
        here / "missing.pdf",
        here / "text.pdf",
        pdfs.zero_pages_pdf(here / "zero.pdf"),
        pdfs.text_pdf(here / "z.pdf", [CASTLE]),
    ]
    documents = await workshop.ingest(*paths)

    assert [(document["name"], document["code"]) for document in documents] == [
        ("a.pdf", None),
        ("cut.pdf", "damaged"),
        ("empty.pdf", "empty_file"),
        ("folder.pdf", "not_found"),
        ("missing.pdf", "not_found"),
        ("text.pdf", "not_a_pdf"),
        ("z.pdf", None),
        ("zero.pdf", "no_pages"),
    ]
    assert all(str(here / document["name"]) in document["message"] for document in documents if document["code"])
    assert (found(workshop, "dam"), found(workshop, "castle")) == ([("a.pdf", 1)], [("z.pdf", 1)])


async def test_a_page_that_ocr_gives_up_is_a_row_of_the_ledger(workshop: Workshop) -> None:
    """A page that takes too long is failed, with the reason, and the others of its file are found."""
    path = pdfs.mixed_pdf(workshop.directory / "a.pdf", [("text", DAM), ("scan", CASTLE)])
    ocr = OcrEngine(OcrLimits(workers=1, page_timeout_s=0.05, start_timeout_s=0.0))
    graph = build_ingest_graph(replace(workshop.ingest_agent(), ocr=ocr))
    outcome = await graph.ainvoke(IngestInput(files=[IngestFile(path=str(path), name="a.pdf")]))
    await ocr.close()
    (document,) = outcome["ingested"]

    assert (document["state"], document["page_kinds"]) == ("ingested", KINDS | {"text": 1, "failed": 1})
    assert workshop.store.pages(document["id"])[1].reason == "ocr-worker"
    assert found(workshop, "dam") == [("a.pdf", 1)]


async def test_a_file_whose_stored_copy_is_damaged_fails_alone(workshop: Workshop) -> None:
    """What cannot be read after it was registered is listed as failed, with its code, and is not searchable."""
    bad = pdfs.text_pdf(workshop.directory / "bad.pdf", [DAM])
    copy = workshop.files.path(digest_file(bad))
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"%PDF-1.7 cut short")
    failed, good = await workshop.ingest(bad, pdfs.text_pdf(workshop.directory / "good.pdf", [CASTLE]))
    listed = workshop.store.document(failed["id"] or "", model=MODEL)

    assert (failed["state"], failed["code"], good["state"]) == ("failed", "damaged", "ingested")
    assert (listed.state, listed.code, found(workshop, "dam")) == ("failed", "damaged", [])


async def test_the_same_bytes_again_are_unchanged(workshop: Workshop) -> None:
    """Nothing is read, published or embedded twice."""
    path = pdfs.text_pdf(workshop.directory / "a.pdf", [DAM])
    (first,) = await workshop.ingest(path)
    embedded = list(workshop.embeddings.embedded)
    (second,) = await workshop.ingest(path)

    assert second == first | {"state": "unchanged", "message": "already there, nothing to do"}
    assert (workshop.store.generation("default"), workshop.embeddings.embedded) == (1, embedded)


async def test_other_bytes_of_the_same_name_replace_the_document(workshop: Workshop) -> None:
    """A new edition is found, the old one is not."""
    path = workshop.directory / "a.pdf"
    await workshop.ingest(pdfs.text_pdf(path, [DAM]))
    (document,) = await workshop.ingest(pdfs.text_pdf(path, [CASTLE]))

    assert (document["state"], found(workshop, "dam"), found(workshop, "castle")) == ("ingested", [], [("a.pdf", 1)])


async def test_a_file_named_twice_is_one_document(workshop: Workshop) -> None:
    """The same path given twice, read at the same time, leaves one document and no chunk double."""
    path = pdfs.text_pdf(workshop.directory / "a.pdf", [DAM, CASTLE])
    documents = await workshop.ingest(path, path)
    (listed,) = workshop.store.documents("default", model=MODEL)

    assert {document["id"] for document in documents} == {listed.id}
    assert (listed.state, listed.chunks, listed.vectors) == ("ready", 2, 2)
    assert found(workshop, "castle") == [("a.pdf", 2)]


async def test_a_collection_is_taken_into_alone(workshop: Workshop) -> None:
    """Other collections do not see the file."""
    await workshop.ingest(pdfs.text_pdf(workshop.directory / "a.pdf", [DAM]), collection="dams")

    assert (found(workshop, "dam", "dams"), found(workshop, "dam")) == ([("a.pdf", 1)], [])


async def test_a_document_without_words_is_taken_in(workshop: Workshop) -> None:
    """A blank document has pages but nothing to find."""
    (document,) = await workshop.ingest(pdfs.blank_pdf(workshop.directory / "a.pdf", 2))
    (listed,) = workshop.store.documents("default", model=MODEL)

    assert (document["state"], document["page_kinds"]) == ("ingested", KINDS | {"blank": 2})
    assert (listed.state, listed.chunks) == ("ready", 0)


async def test_a_file_name_of_odd_bytes_is_taken_in(workshop: Workshop) -> None:
    """A name that is no valid text does not stop the ingest."""
    odd = pdfs.text_pdf(workshop.directory / "a.pdf", [DAM]).rename(workshop.directory / os.fsdecode(b"caf\xe9.pdf"))
    (document,) = await workshop.ingest(odd)

    assert (document["state"], document["name"]) == ("ingested", "caf\\udce9.pdf")
    assert document["path"].endswith("caf\\udce9.pdf")
    assert found(workshop, "dam") == [("caf\\udce9.pdf", 1)]


async def test_messages_name_a_file_as_its_sender_does(workshop: Workshop) -> None:
    """Where a door says what to call a file, its place on this machine is not told."""
    file = IngestFile(path=str(workshop.directory / "secret-place.pdf"), name="a.pdf", shown="mine.pdf")
    outcome = await build_ingest_graph(workshop.ingest_agent()).ainvoke(IngestInput(files=[file]))

    assert outcome["ingested"][0]["path"] == "mine.pdf"
    assert "secret-place" not in str(outcome["ingested"])


async def test_progress_is_told(workshop: Workshop) -> None:
    """Callback handlers hear how many pages are read and how many chunks have vectors, up to the last."""
    notes = ProgressNotes()
    await workshop.ingest(pdfs.text_pdf(workshop.directory / "a.pdf", SEVENTY), callbacks=[notes])
    pages = [event for event in notes.events if event["step"] == "pages"]
    vectors = [event for event in notes.events if event["step"] == "vectors"]

    assert [(event["document"], event["done"], event["total"]) for event in pages] == [
        ("a.pdf", 32, 70),
        ("a.pdf", 64, 70),
        ("a.pdf", 70, 70),
    ]
    assert [event["done"] for event in vectors] == sorted(event["done"] for event in vectors)
    assert (vectors[-1]["done"], vectors[-1]["total"]) == (70, 70)


class Stopper(ProgressNotes):
    """Cancels the run at its first sign of progress."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step
        self.run: asyncio.Task[Any] | None = None

    @override
    async def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        await super().on_custom_event(name, data, **kwargs)
        if data["step"] == self.step and self.run:
            self.run.cancel()


@pytest.mark.parametrize("step", ["pages", "vectors"])
async def test_an_interrupted_ingest_is_finished_by_the_next(workshop: Workshop, step: str) -> None:
    """What was read or embedded before stays, the rest follows, and nothing is there twice."""
    path = pdfs.text_pdf(workshop.directory / "a.pdf", SEVENTY)
    stopper, notes = Stopper(step), ProgressNotes()
    stopper.run = asyncio.create_task(workshop.ingest(path, callbacks=[stopper]))
    with pytest.raises(asyncio.CancelledError):
        await stopper.run
    before = len(workshop.embeddings.embedded), workshop.store.generation("default")
    (document,) = await workshop.ingest(path, callbacks=[notes])
    (listed,) = workshop.store.documents("default", model=MODEL)

    assert before == ((0, 0) if step == "pages" else (8, 1))
    assert (document["state"], document["pages"]) == ("ingested" if step == "pages" else "unchanged", 70)
    assert (listed.state, listed.chunks, listed.vectors) == ("ready", 70, 70)
    assert len(workshop.embeddings.embedded) == len(set(workshop.embeddings.embedded)) == 70
    assert [event["done"] for event in notes.events if event["step"] == "pages"][:1] in ([64], [70], [])
    assert workshop.store.generation("default") == 1


class BrokenEmbeddings(WordEmbeddings):
    """Embeddings whose provider is not to be reached."""

    @override
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ConnectionError


async def test_a_document_is_searchable_even_if_its_embedding_fails(workshop: Workshop) -> None:
    """Pages are found by their words, and the next ingest of anything brings the vectors."""
    path = pdfs.text_pdf(workshop.directory / "a.pdf", [DAM])
    broken = VectorWriter(workshop.store, BrokenEmbeddings(), MODEL)
    graph = build_ingest_graph(replace(workshop.ingest_agent(), vectors=broken))
    with pytest.raises(ConnectionError):
        await graph.ainvoke(IngestInput(files=[IngestFile(path=str(path), name="a.pdf")]))
    before = workshop.store.documents("default", model=MODEL)[0].state
    nothing = await workshop.ingest()
    after = workshop.store.documents("default", model=MODEL)[0].state

    assert (before, nothing, after) == ("searchable", [], "ready")
    assert found(workshop, "dam") == [("a.pdf", 1)]


async def test_running_heads_are_not_indexed(workshop: Workshop) -> None:
    """What stands on every page is text of none of them, while its words still lead to the document."""
    pages = [
        f"Report of the Canton\n\n{text}\n\nPage {n}" for n, text in enumerate([DAM, CASTLE, "Trees.", "Snow."], 1)
    ]
    await workshop.ingest(pdfs.text_pdf(workshop.directory / "a.pdf", pages))
    passages = workshop.store.passages(workshop.store.visible_chunks("default"))

    assert len(passages) == 4
    assert not any("Report" in passage["text"] or "Page" in passage["text"] for passage in passages)


class Deleter(ProgressNotes):
    """Forgets a document as soon as its pages have been read."""

    def __init__(self, workshop: Workshop, name: str) -> None:
        super().__init__()
        self.workshop = workshop
        self.name = name

    @override
    async def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        if data.get("document") == self.name and data["done"] == data["total"]:
            (listed,) = (d for d in self.workshop.store.documents("default", model=MODEL) if d.name == self.name)
            self.workshop.store.discard(listed.id)


async def test_a_document_deleted_while_it_is_read_fails_alone(workshop: Workshop) -> None:
    """The one that is gone is an entry that says so; the other files of the call are taken in."""
    paths = [pdfs.text_pdf(workshop.directory / name, [text]) for name, text in (("a.pdf", DAM), ("b.pdf", CASTLE))]
    gone, taken = await workshop.ingest(*paths, callbacks=[Deleter(workshop, "a.pdf")])

    assert (gone["state"], gone["code"], taken["state"]) == ("failed", "unknown", "ingested")
    assert (found(workshop, "dam"), found(workshop, "castle")) == ([], [("b.pdf", 1)])


class Forgetful(PdfReader):
    """A reader whose child dies when it is asked for single pages again, as after a crash between two steps."""

    @override
    def read_pages(self, path: Path, *, pages: Sequence[int] | None = None, **kwargs: Any) -> AsyncIterator[PageRead]:
        if pages == [2]:
            message = "the child process died"
            raise WorkerError(message)
        return super().read_pages(path, pages=pages, **kwargs)


async def test_a_file_that_cannot_be_read_again_for_ocr_fails_alone(workshop: Workshop) -> None:
    """Its failure is an entry with a code, not the end of the run, and nothing of it is searchable."""
    paths = [
        pdfs.mixed_pdf(workshop.directory / "a.pdf", [("text", DAM), ("scan", CASTLE)]),
        pdfs.text_pdf(workshop.directory / "b.pdf", [CASTLE]),
    ]
    reader = Forgetful(PdfLimits(children=1))
    graph = build_ingest_graph(replace(workshop.ingest_agent(), reader=reader))
    outcome = await graph.ainvoke(IngestInput(files=[IngestFile(path=str(path), name=path.name) for path in paths]))
    await reader.close()
    failed, taken = sorted(outcome["ingested"], key=lambda document: document["name"])

    assert (failed["state"], failed["code"], taken["state"]) == ("failed", "worker", "ingested")
    assert (found(workshop, "dam"), found(workshop, "castle")) == ([], [("b.pdf", 1)])
