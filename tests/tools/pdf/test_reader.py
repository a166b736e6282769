import csv
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import pdfs
from tools.errors import (
    DamagedPdfError,
    DocumentError,
    EmptyFileError,
    MissingFileError,
    NoPagesError,
    NotAPdfError,
    PasswordNeededError,
    TooLargeError,
    WorkerError,
    WrongPasswordError,
)
from tools.pdf.pages import PageRead
from tools.pdf.reader import PdfLimits, PdfReader

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside the checkout")
WORDS = "The committee approved a budget of 4,250 dollars for the year.\nThe river is 12 km long."


@pytest.fixture
async def reader() -> AsyncIterator[PdfReader]:
    """Yield a reader with small limits."""
    reader = PdfReader(PdfLimits(max_pages=30, page_timeout_s=5.0))
    yield reader
    await reader.close()


async def read(reader: PdfReader, path: Path, password: str | None = None) -> list[PageRead]:
    """Read all pages of a file."""
    return [page async for page in reader.read_pages(path, name=path.name, password=password)]


async def test_an_inspection_tells_pages_and_title(reader: PdfReader, tmp_path: Path) -> None:
    """Opening a file brings its pages and the title from its own data."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS, WORDS], title="Annual report")
    inspection = await reader.inspect(path, name="a.pdf")

    assert (inspection.pages, inspection.title, inspection.encrypted) == (2, "Annual report", False)


async def test_a_born_digital_page_is_text(reader: PdfReader, tmp_path: Path) -> None:
    """A page with a good text layer comes as text, with its size and the figures behind the decision."""
    (page,) = await read(reader, pdfs.text_pdf(tmp_path / "a.pdf", [WORDS]))

    assert (page.decision, page.reason, page.text) == ("text", "text-layer", WORDS)
    assert (page.width, page.height) == pytest.approx((595.28, 841.89), abs=0.1)
    assert page.figures["characters"] > 60


async def test_chinese_is_read_without_its_font(reader: PdfReader, tmp_path: Path) -> None:
    """Chinese in a font that is not embedded is read as it is, even where it cannot be drawn."""
    (page,) = await read(reader, pdfs.text_pdf(tmp_path / "a.pdf", ["马车长龙门风食。"]))

    assert (page.decision, page.text) == ("text", "马车长龙门风食。")


async def test_scans_and_blank_pages_are_told_apart(reader: PdfReader, tmp_path: Path) -> None:
    """Every page gets its own decision."""
    path = pdfs.mixed_pdf(tmp_path / "a.pdf", [("text", WORDS), ("scan", WORDS), ("blank", "")])
    pages = await read(reader, path)

    assert [(page.page, page.decision) for page in pages] == [(1, "text"), (2, "ocr"), (3, "blank")]


async def test_only_the_pages_asked_for_are_read(reader: PdfReader, tmp_path: Path) -> None:
    """Pages come in ascending order, each once."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [f"Page number {number}" for number in range(1, 6)])
    pages = [page async for page in reader.read_pages(path, name="a.pdf", pages=[4, 2, 4])]

    assert [(page.page, page.text) for page in pages] == [(2, "Page number 2"), (4, "Page number 4")]


async def test_a_caption_over_a_scan_asks_for_both(reader: PdfReader, tmp_path: Path) -> None:
    """A line of text over a picture is kept, and the picture is to be read too."""
    (page,) = await read(reader, pdfs.captioned_scan_pdf(tmp_path / "a.pdf", "Exhibit 7", WORDS))

    assert (page.decision, page.reason, page.merge, page.text) == ("ocr", "little-text-on-image", True, "Exhibit 7")


async def test_a_chart_beside_text_is_read_alone(reader: PdfReader, tmp_path: Path) -> None:
    """Beside a good text layer OCR is asked for the chart only."""
    (page,) = await read(reader, pdfs.figure_pdf(tmp_path / "a.pdf", WORDS * 3, ["Revenue", "Costs"]))

    assert (page.decision, page.reason, page.merge) == ("ocr", "figures-beside-text", True)
    (region,) = page.regions
    assert region == pytest.approx((72, 521.9, 523.3, 741.9), abs=1)


async def test_a_garbled_layer_is_not_trusted(reader: PdfReader, tmp_path: Path) -> None:
    """A text layer of private codes is to be replaced by OCR."""
    (page,) = await read(reader, pdfs.garbled_pdf(tmp_path / "a.pdf", WORDS))

    assert (page.decision, page.reason, page.merge) == ("ocr", "garbled", False)


async def test_text_that_cannot_be_seen_is_blank(reader: PdfReader, tmp_path: Path) -> None:
    """A short text layer on a white page counts for nothing."""
    (page,) = await read(reader, pdfs.hidden_text_pdf(tmp_path / "a.pdf", "Hello hidden world"))

    assert (page.decision, page.reason) == ("blank", "nothing-visible")


async def test_text_outside_the_visible_page_is_dropped(reader: PdfReader, tmp_path: Path) -> None:
    """What the crop box hides is not stored."""
    lines = "\n".join(f"Line number {number}" for number in range(1, 31))
    (page,) = await read(reader, pdfs.cropped_pdf(tmp_path / "a.pdf", [lines], (0, 595, 595, 842)))

    assert page.text.split("\n")[-1] == "Line number 12"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFileError),
        (b"<html><body>not found</body></html>", NotAPdfError),
        (b" " * 2000 + b"%PDF-1.7", NotAPdfError),
        (b"%PDF-1.7\n%%EOF", DamagedPdfError),
    ],
    ids=["empty", "html", "late header", "hollow"],
)
async def test_bytes_that_are_no_pdf_are_refused(
    reader: PdfReader, tmp_path: Path, content: bytes, error: type[DocumentError]
) -> None:
    """Each kind of wrong file has an error of its own, which names the file."""
    path = tmp_path / "odd.pdf"
    path.write_bytes(content)
    with pytest.raises(error, match=r"odd\.pdf"):
        await reader.inspect(path, name="odd.pdf")


async def test_a_missing_file_is_refused(reader: PdfReader, tmp_path: Path) -> None:
    """A path that leads nowhere says so."""
    with pytest.raises(MissingFileError):
        await reader.inspect(tmp_path / "none.pdf", name="none.pdf")


async def test_damaged_and_hollow_files_are_refused(reader: PdfReader, tmp_path: Path) -> None:
    """A PDF that is cut short is damaged, one without pages has no pages."""
    with pytest.raises(DamagedPdfError):
        await reader.inspect(pdfs.truncated_pdf(tmp_path / "a.pdf", [WORDS]), name="a.pdf")
    with pytest.raises(NoPagesError):
        await reader.inspect(pdfs.zero_pages_pdf(tmp_path / "b.pdf"), name="b.pdf")


async def test_files_over_the_limits_are_refused(tmp_path: Path) -> None:
    """Too many bytes and too many pages are refused before anything is read."""
    path = pdfs.blank_pdf(tmp_path / "a.pdf", 3)
    reader = PdfReader(PdfLimits(max_pages=2))
    with pytest.raises(TooLargeError, match="3 pages"):
        await reader.inspect(path, name="a.pdf")
    await reader.close()
    with pytest.raises(TooLargeError, match="bytes"):
        await PdfReader(PdfLimits(max_bytes=100)).inspect(path, name="a.pdf")


@pytest.mark.parametrize("owner_password", ["owner", ""])
async def test_a_password_is_needed(reader: PdfReader, tmp_path: Path, owner_password: str) -> None:
    """An encrypted file asks for its password, also when the owner password is empty; a wrong one is told apart."""
    path = pdfs.encrypted_pdf(tmp_path / "a.pdf", [WORDS], "geheim", owner_password=owner_password)
    with pytest.raises(PasswordNeededError):
        await reader.inspect(path, name="a.pdf")
    with pytest.raises(WrongPasswordError):
        await reader.inspect(path, name="a.pdf", password="falsch")  # noqa: S106 - of a test file
    (page,) = await read(reader, path, password="geheim")  # noqa: S106 - of a test file

    assert page.text == WORDS


async def test_an_empty_password_opens_without_asking(reader: PdfReader, tmp_path: Path) -> None:
    """A file that is only protected against changes is read, and known to be encrypted."""
    path = pdfs.encrypted_pdf(tmp_path / "a.pdf", [WORDS], "")

    assert (await reader.inspect(path, name="a.pdf")).encrypted
    assert (await read(reader, path))[0].text == WORDS


async def test_a_bomb_costs_its_page_only(reader: PdfReader, tmp_path: Path) -> None:
    """A page that takes more memory than allowed fails, the pages around it are read."""
    pages = await read(reader, pdfs.bomb_pdf(tmp_path / "a.pdf", ["before"], ["after"]))

    assert [(page.decision, page.text) for page in pages] == [("text", "before"), ("failed", ""), ("text", "after")]
    assert pages[1].reason == "reader-died"


async def test_a_page_that_takes_too_long_costs_itself_only(tmp_path: Path) -> None:
    """A page over the time limit fails, the pages around it are read."""
    reader = PdfReader(PdfLimits(page_timeout_s=0.8))
    pages = await read(reader, pdfs.slow_pdf(tmp_path / "a.pdf", ["before"], ["after"]))
    await reader.close()

    assert [(page.decision, page.reason) for page in pages] == [
        ("text", "text-layer"),
        ("failed", "time-limit"),
        ("text", "text-layer"),
    ]


async def test_a_quote_is_boxed_line_by_line(reader: PdfReader, tmp_path: Path) -> None:
    """A quote over two lines has two boxes, in points from the top left."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS])
    first, second = await reader.locate(path, page=1, quote="for the year.\nThe river")

    assert first == pytest.approx((321, 64, 379, 74), abs=3)
    assert second == pytest.approx((72, 79, 115, 88), abs=3)


async def test_of_several_occurrences_the_one_meant_is_boxed(reader: PdfReader, tmp_path: Path) -> None:
    """The offset in the stored text picks among equal quotes."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", ["one river\ntwo river\nthree river"])
    (box,) = await reader.locate(path, page=1, quote="river", start=24)

    assert box[1] == pytest.approx(94, abs=4)


async def test_a_quote_that_is_not_there_has_no_box(reader: PdfReader, tmp_path: Path) -> None:
    """Nothing found is an empty list."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS])

    assert await reader.locate(path, page=1, quote="mountain") == []
    assert await reader.locate(path, page=1, quote=" ") == []


async def test_a_page_is_drawn(reader: PdfReader, tmp_path: Path) -> None:
    """A page comes as a PNG, and a page that is not there is an error."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS])
    png = await reader.draw(path, page=1, boxes=[(72, 64, 200, 75)])

    assert png.startswith(b"\x89PNG")
    with pytest.raises(WorkerError):
        await reader.draw(path, page=9)
    with pytest.raises(WorkerError, match="cannot be drawn"):
        await reader.draw(pdfs.truncated_pdf(tmp_path / "b.pdf", [WORDS]), page=1)


EXPECTED = {
    "text": "text",
    "scan_with_ocr_layer": "text",
    "scan": "ocr",
    "mixed": "ocr",
    "garbled": "ocr",
    "blank": "blank",
}


@pytest.mark.corpus
@needs_corpus
async def test_labelled_pages_are_decided_rightly() -> None:
    """Of the pages labelled by eye at least 96 % are decided rightly, and no scan or garbled page is missed.

    This keeps what is reached from being lost; the goal is 97 %, which is missed.
    """
    labels: dict[str, dict[int, str]] = defaultdict(dict)
    with (CORPUS / "pages.csv").open() as file:
        for row in csv.DictReader(file):
            labels[row["file"]][int(row["page"])] = row["label"]
    reader = PdfReader()
    decided = [
        (pages[page.page], page.decision)
        for name, pages in labels.items()
        async for page in reader.read_pages(CORPUS / name, name=name, pages=list(pages))
    ]
    await reader.close()

    right = sum(EXPECTED[label] == decision for label, decision in decided)
    assert len(decided) == sum(map(len, labels.values()))
    assert right >= 0.96 * len(decided)
    assert not [label for label, decision in decided if label in ("scan", "garbled") and decision != "ocr"]


@pytest.mark.corpus
@needs_corpus
async def test_hostile_files_are_read_or_refused() -> None:
    """Every odd or broken file is read page by page or refused with an error that names it."""
    reader = PdfReader()
    outcomes = {}
    for path in sorted((CORPUS / "hostile").glob("*.pdf")):
        try:
            outcomes[path.name] = len(await read(reader, path))
        except DocumentError as error:
            outcomes[path.name] = -(path.name in str(error))
    await reader.close()

    assert len(outcomes) == 60
    assert 0 not in outcomes.values()
    assert sum(pages > 0 for pages in outcomes.values()) >= 35
