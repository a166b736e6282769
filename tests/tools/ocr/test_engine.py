import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests import pdfs
from tools.errors import WorkerError, WorkerTimeoutError
from tools.ocr.engine import OcrEngine, OcrLimits
from tools.ocr.merge import merge_ocr
from tools.pdf.reader import PdfReader
from tools.types import PageRecord

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGLISH = "The committee approved a budget\nof 4,250 dollars for the year."
FACTS = "\n".join(f"Fact {number}: the bridge is {number * 7} metres long." for number in range(1, 8))
CHINESE = "海关决定对当事人科处罚款人民币45000元。"
CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "pdfs"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine() -> AsyncIterator[OcrEngine]:
    """Yield one engine for all tests of this module."""
    engine = OcrEngine(OcrLimits(workers=1))
    yield engine
    await engine.close()


async def read(engine: OcrEngine, path: Path, number: int = 1) -> PageRecord:
    """Read one page as ingest does: text layer, decision, OCR, merge."""
    reader = PdfReader()
    (finding,) = [page async for page in reader.read_pages(path, name=path.name, pages=[number])]
    await reader.close()
    return merge_ocr(finding, await engine.read_page(path, page=number, regions=finding.regions))


async def test_a_scan_is_read_with_its_boxes(engine: OcrEngine, tmp_path: Path) -> None:
    """Words of a scanned page come with their places on it."""
    record = await read(engine, pdfs.scanned_pdf(tmp_path / "a.pdf", [f"{ENGLISH}\n\n{CHINESE}"]))

    assert record.kind == "ocr"
    assert record.text == f"{ENGLISH}\n\n{CHINESE}"
    assert record.confidence
    assert record.confidence > 0.9
    assert record.lines[0].box == pytest.approx((71, 60, 247, 77), abs=6)


@pytest.mark.parametrize("quarter_turns", [1, 2])
async def test_a_turned_scan_is_read(engine: OcrEngine, tmp_path: Path, quarter_turns: int) -> None:
    """A page scanned sideways or upside down reads like an upright one."""
    path = pdfs.scanned_pdf(tmp_path / "a.pdf", [FACTS], quarter_turns=quarter_turns)
    page = await engine.read_page(path, page=1)

    assert "\n".join(line.text for line in page.lines) == FACTS
    assert page.turned == 360 - 90 * quarter_turns


async def test_a_poster_is_read_where_its_ink_is(engine: OcrEngine, tmp_path: Path) -> None:
    """A page too large to be drawn sharply as a whole is still read, and boxes are in its own points."""
    page = await engine.read_page(pdfs.scanned_pdf(tmp_path / "a.pdf", ["Once"], enlarged=8), page=1)

    assert [line.text for line in page.lines] == ["Once"]
    assert page.lines[0].box[:2] == pytest.approx((576, 490), abs=40)


async def test_nothing_to_read_is_no_lines(engine: OcrEngine, tmp_path: Path) -> None:
    """A blank page has no lines and no confidence."""
    page = await engine.read_page(pdfs.blank_pdf(tmp_path / "a.pdf"), page=1)

    assert (page.lines, page.confidence) == ((), 0.0)


async def test_a_chart_adds_its_words(engine: OcrEngine, tmp_path: Path) -> None:
    """Words of a picture follow the text layer, which is not read twice."""
    record = await read(engine, pdfs.figure_pdf(tmp_path / "a.pdf", FACTS, ["Revenue 2031", "Kilowatt 77"]))

    assert record.text == f"{FACTS}\n\nRevenue 2031\nKilowatt 77"


async def test_a_garbled_page_is_read_from_its_picture(engine: OcrEngine, tmp_path: Path) -> None:
    """What the page shows replaces what its text layer says."""
    record = await read(engine, pdfs.garbled_pdf(tmp_path / "a.pdf", ENGLISH))

    assert (record.kind, record.text) == ("ocr", ENGLISH)


async def test_a_killed_worker_is_replaced(engine: OcrEngine, tmp_path: Path) -> None:
    """A page whose worker dies raises an error that may be tried again, and the next page is read."""
    path = pdfs.scanned_pdf(tmp_path / "a.pdf", ["Once"])
    with pytest.raises(WorkerError):
        await engine.read_page(path, page=9)

    assert [line.text for line in (await engine.read_page(path, page=1)).lines] == ["Once"]


async def test_a_page_over_the_time_limit_is_given_up(tmp_path: Path) -> None:
    """A page that takes too long raises, and leaves no process."""
    hasty = OcrEngine(OcrLimits(workers=1, page_timeout_s=0.0, start_timeout_s=0.05))
    with pytest.raises(WorkerTimeoutError):
        await hasty.read_page(pdfs.scanned_pdf(tmp_path / "a.pdf", [ENGLISH]), page=1)
    await hasty.close()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside the checkout")
@pytest.mark.parametrize(
    ("file", "page", "words"),
    [
        ("penalty-decision-zh-scan.pdf", 2, "45000元"),
        ("federal-register-2020-17221.pdf", 11, "should not exceed 5 knots"),
    ],
)
async def test_hard_pages_are_read(engine: OcrEngine, file: str, page: int, words: str) -> None:
    """Answers on scans, in pictures and on garbled pages get into the stored text."""
    record = await read(engine, CORPUS / file, page)

    assert words in " ".join(record.text.split())


async def test_pages_wait_for_a_free_worker(engine: OcrEngine, tmp_path: Path) -> None:
    """More pages than workers are read one after the other."""
    path = pdfs.scanned_pdf(tmp_path / "a.pdf", ["First", "Second"])
    pages = await asyncio.gather(*(engine.read_page(path, page=number) for number in (1, 2)))

    assert [page.lines[0].text for page in pages] == ["First", "Second"]
