from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import pdfs
from tools.boxes import QuoteBoxes
from tools.pdf.reader import PdfReader
from tools.store import FileStore, NewDocument, SqliteStore
from tools.store.files import digest_file
from tools.types import Citation, PageRecord, TextLine

PAGE = "The committee approved a budget of 4,250 dollars for the year.\nThe river is 12 km long."


class Shelf:
    """A store with the files beside it, and the boxes of what stands in them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reader = PdfReader()
        self.store = SqliteStore(directory / "store.sqlite")
        self.files = FileStore(directory / "files")
        self.boxes = QuoteBoxes(self.reader, self.store, self.files)

    def put(self, path: Path, record: PageRecord) -> str:
        """Take in a file of one page whose ledger row is given."""
        sha256 = digest_file(path)
        self.files.keep(path, sha256)
        document_id = self.store.register("default", NewDocument(path.name, sha256, 1, 1)).document_id
        self.store.add_pages(document_id, [record])
        self.store.publish(document_id)
        return document_id


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """Yield an empty shelf."""
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.store.close()
    await shelf.reader.close()


def text_page(text: str = PAGE) -> PageRecord:
    """Return a page read from a text layer."""
    return PageRecord(1, "text", "text-layer", text, pdfs.WIDTH, pdfs.HEIGHT)


def cite(document_id: str, quote: str, start: int = 0) -> Citation:
    """Return a proven citation of page 1."""
    return Citation(
        id=1,
        document_id=document_id,
        document="a.pdf",
        page=1,
        quote=quote,
        start=start,
        end=start + len(quote),
        boxes=[],
        status="verified",
    )


async def test_a_quote_of_a_text_layer_is_boxed_in_the_file(shelf: Shelf) -> None:
    """The boxes are where the words stand: one a line, from the top left, in points."""
    document_id = shelf.put(pdfs.text_pdf(shelf.directory / "a.pdf", [PAGE]), text_page())
    quote = "for the year.\nThe river"
    first, second = await shelf.boxes.find(cite(document_id, quote, PAGE.index(quote)))

    assert first[0] > 300
    assert second[0] == pytest.approx(72, abs=2)
    assert 50 < first[1] < first[3] <= second[1] + 5 < second[3] < 110


async def test_a_quote_of_a_recognised_page_is_boxed_by_its_lines(shelf: Shelf) -> None:
    """Where OCR read a page, the lines it saw are the boxes, and the file is not needed."""
    lines = (TextLine(0, 10, (1, 1, 9, 9)), TextLine(11, 20, (1, 11, 9, 19)), TextLine(21, 30, (1, 21, 9, 29)))
    record = replace(text_page("x" * 30), kind="ocr", lines=lines)
    document_id = shelf.put(pdfs.blank_pdf(shelf.directory / "a.pdf"), record)

    assert await shelf.boxes.find(cite(document_id, "x" * 10, 5)) == [[1, 1, 9, 9], [1, 11, 9, 19]]
    assert await shelf.boxes.find(cite(document_id, "x" * 10, 11)) == [[1, 11, 9, 19]]


async def test_an_unverified_quote_has_no_boxes(shelf: Shelf) -> None:
    """What is not proven is nowhere, whatever its offsets say."""
    document_id = shelf.put(pdfs.text_pdf(shelf.directory / "a.pdf", [PAGE]), text_page())
    unproven = Citation(**{**cite(document_id, PAGE[:20]), "status": "unverified"})

    assert await shelf.boxes.find(unproven) == []


async def test_a_quote_of_a_locked_file_has_no_boxes(shelf: Shelf) -> None:
    """The password of an encrypted file is not kept, so its quotes are not boxed later."""
    document_id = shelf.put(pdfs.encrypted_pdf(shelf.directory / "a.pdf", [PAGE], "secret"), text_page())

    assert await shelf.boxes.find(cite(document_id, "The river")) == []


async def test_a_missing_box_never_costs_an_answer(shelf: Shelf) -> None:
    """A file that vanished or was damaged since leaves its quotes without boxes."""
    gone = shelf.put(pdfs.text_pdf(shelf.directory / "gone.pdf", [PAGE]), text_page())
    shelf.files.discard(shelf.store.document(gone, model="").sha256)
    bad = shelf.put(pdfs.text_pdf(shelf.directory / "bad.pdf", [PAGE, ""]), text_page())
    shelf.files.path(shelf.store.document(bad, model="").sha256).write_bytes(b"%PDF-1.7 nothing")

    assert await shelf.boxes.find(cite(gone, "The river")) == []
    assert await shelf.boxes.find(cite(bad, "The river")) == []
