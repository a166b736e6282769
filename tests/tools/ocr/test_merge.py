import pytest

from tools.ocr.merge import merge_ocr, to_record
from tools.ocr.pages import OcrLine, OcrPage
from tools.pdf.pages import Decision, PageRead


def read(decision: Decision = "ocr", text: str = "", *, merge: bool = False) -> PageRead:
    """Return a finding about page 3."""
    return PageRead(3, decision, "reason", text, 595, 842, merge=merge, seconds=0.5)


def page(*lines: tuple[str, float, int], step: float = 12) -> OcrPage:
    """Return an OCR page from texts, scores and rows; pieces of a row stand 100 points apart."""
    made = []
    for index, (text, score, row) in enumerate(lines):
        made.append(OcrLine(text, (100.0 * index, row * step, 100.0 * index + 90, row * step + 10), score, row))
    return OcrPage(tuple(made), seconds=1.5)


@pytest.mark.parametrize(
    ("decision", "kind", "text"),
    [("text", "text", "words"), ("blank", "blank", ""), ("failed", "failed", "")],
)
def test_findings_become_rows_of_the_ledger(decision: Decision, kind: str, text: str) -> None:
    """A page without OCR keeps its decision; only pages of text have text."""
    record = to_record(read(decision, "words"))

    assert (record.page, record.kind, record.reason, record.text) == (3, kind, "reason", text)
    assert (record.width, record.height, record.confidence) == (595, 842, None)


def test_a_page_that_was_to_be_recognised_and_was_not_has_failed() -> None:
    """Without OCR a scan is unread, but a good text layer beside a picture is kept."""
    assert to_record(read()).kind == "failed"
    assert to_record(read(text="caption", merge=True)).text == "caption"


def test_rows_and_paragraphs_are_kept() -> None:
    """Pieces of a row are joined by blanks, rows by line breaks, far rows by an empty line."""
    record = merge_ocr(
        read(), page(("Item", 1.0, 0), ("12.50", 1.0, 0), ("Sum", 1.0, 1), ("Total", 1.0, 2), ("End", 1.0, 5))
    )

    assert record.text == "Item 12.50\nSum\nTotal\n\nEnd"
    assert (record.kind, record.confidence, record.seconds) == ("ocr", 1.0, 2.0)


def test_lines_know_their_place_and_box() -> None:
    """The offsets of each line give its words in the stored text."""
    record = merge_ocr(read(text="Caption", merge=True), page((" Item  one", 1.0, 0), ("Two", 1.0, 1)))

    assert [record.text[line.start : line.end] for line in record.lines] == ["Item one", "Two"]
    assert record.lines[0].box == (0.0, 0.0, 90.0, 10.0)


def test_ocr_adds_what_the_text_layer_lacks() -> None:
    """A good text layer stays in front, lines it already has are not repeated."""
    ocr = page(("Exhibit 7, page one", 0.99, 0), ("The river is long", 0.99, 1))
    record = merge_ocr(read(text="Exhibit 7, page one", merge=True), ocr)

    assert (record.kind, record.text) == ("ocr", "Exhibit 7, page one\n\nThe river is long")


def test_ocr_replaces_a_garbled_layer() -> None:
    """Of a layer that cannot be trusted nothing is kept."""
    assert merge_ocr(read(text="\ue001\ue002"), page(("The river", 0.99, 0))).text == "The river"


def test_unsure_lines_are_dropped_before_the_page_is_judged() -> None:
    """A few specks do not spoil a page."""
    record = merge_ocr(read(), page(("A long line that is well read", 0.98, 0), ("%", 0.3, 1)))

    assert (record.kind, record.text, record.confidence) == ("ocr", "A long line that is well read", 0.98)


@pytest.mark.parametrize(
    ("finding", "ocr", "kind", "reason"),
    [
        (read(), page(("scrawl", 0.8, 0)), "failed", "low-ocr-score"),
        (read(), page(("scrawl", 0.4, 0)), "failed", "low-ocr-score"),
        (read(), page(), "blank", "nothing-found-by-ocr"),
        (read(text="\ue001"), page(), "failed", "garbled-and-no-ocr"),
        (read(text="caption", merge=True), page(), "text", "nothing-added-by-ocr"),
        (read(text="caption", merge=True), page(("caption", 0.99, 0)), "text", "nothing-added-by-ocr"),
        (read(text="caption", merge=True), page(("scrawl", 0.8, 0)), "text", "low-ocr-score"),
    ],
)
def test_pages_that_ocr_does_not_help(finding: PageRead, ocr: OcrPage, kind: str, reason: str) -> None:
    """What cannot be read says so, and a good text layer survives it."""
    record = merge_ocr(finding, ocr)

    assert (record.kind, record.reason) == (kind, reason)
    assert record.text == (finding.text if finding.merge else "")


def test_the_language_is_guessed_from_the_result() -> None:
    """The ledger row carries the language of what was read."""
    assert merge_ocr(read(), page(("海关决定对当事人科处罚款", 0.99, 0))).language == "zh"
