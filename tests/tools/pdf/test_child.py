from pathlib import Path

import pytest

from tests import pdfs
from tools.pdf.child import handle
from tools.pdf.document import UnreadablePageError
from tools.worker import Message

WORDS = "The committee approved a budget of 4,250 dollars for the year."


def ask(task: str, path: Path, **details: object) -> list[Message]:
    """Handle a request in this process."""
    return list(handle({"task": task, "path": str(path), "password": None, **details}))


@pytest.mark.parametrize(("task", "engine"), [("inspect", "pdfium"), ("inspect-again", "pypdf")])
def test_both_readers_inspect(tmp_path: Path, task: str, engine: str) -> None:
    """Both readers tell the pages and the title of a file."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS, WORDS], title="Report")

    assert ask(task, path) == [{"pages": 2, "title": "Report", "encrypted": False, "engine": engine}]


@pytest.mark.parametrize("task", ["inspect", "inspect-again"])
@pytest.mark.parametrize("owner_password", ["owner", ""])
def test_both_readers_ask_for_the_password(tmp_path: Path, task: str, owner_password: str) -> None:
    """Neither reader opens an encrypted file without its password, also when the owner password is empty."""
    path = pdfs.encrypted_pdf(tmp_path / "a.pdf", [WORDS], "geheim", owner_password=owner_password)

    assert ask(task, path)[0]["refused"] == "password_needed"
    assert ask(task, path, password="falsch")[0]["refused"] == "wrong_password"  # noqa: S106 - of a test file
    assert ask(task, path, password="geheim")[0]["pages"] == 1  # noqa: S106 - of a test file


@pytest.mark.parametrize("task", ["load", "read-again"])
def test_the_second_reader_reads_text(tmp_path: Path, task: str) -> None:
    """The second reader reads the pages asked for, by LangChain's loader or page by page."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", ["skipped", WORDS])
    opened, page = ask(task, path, pages=[2])

    assert opened == {"opened": True}
    assert (page["page"], page["decision"], page["reason"], page["text"]) == (2, "text", "second-reader", WORDS)
    assert page["width"] == pytest.approx(595.28)


def test_the_second_reader_cannot_judge_pictures(tmp_path: Path) -> None:
    """A page without text is unreadable for a reader that draws nothing."""
    path = pdfs.blank_pdf(tmp_path / "a.pdf")

    assert ask("read-again", path, pages=[1])[1]["reason"] == "unreadable"


def test_a_page_that_does_not_load_is_told(tmp_path: Path) -> None:
    """A page that cannot be loaded is an answer, the next page follows."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS])
    replies = ask("read", path, pages=[7, 1])

    assert replies[1]["page"] == 7
    assert "failed" in replies[1]
    assert replies[2]["text"] == WORDS


def test_a_file_whose_pages_do_not_load_is_damaged(tmp_path: Path) -> None:
    """A file that opens although no page of it can be loaded is refused."""
    path = pdfs.lost_pages_pdf(tmp_path / "a.pdf")

    assert ask("inspect", path) == [{"refused": "damaged", "detail": "none of its pages can be loaded"}]


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Columns drawn row by row across the page are put back into columns, below the heading."""
    columns = [" ".join(f"{name}{number} went to the river." for number in range(40)) for name in "ABC"]
    path = pdfs.columns_pdf(tmp_path / "a.pdf", columns, heading="Heading")
    text = " ".join(ask("read", path, pages=[1])[1]["text"].split())

    assert text == " ".join(["Heading", *columns])


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    """Cells of a row stay together."""
    rows = [[f"Item {number}", f"{number}00", f"{number}.5 %", f"Place {number}"] for number in range(20)]
    text = ask("read", pdfs.table_pdf(tmp_path / "a.pdf", rows, heading="Prices"), pages=[1])[1]["text"]

    assert text.split("\n")[2:4] == ["Item 0 000 0.5 % Place 0", "Item 1 100 1.5 % Place 1"]


def test_paragraphs_are_parted_by_an_empty_line(tmp_path: Path) -> None:
    """A gap between paragraphs is kept, ordinary lines follow each other."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", ["one\ntwo\nthree\n\nfour\nfive\nsix"])

    assert ask("read", path, pages=[1])[1]["text"] == "one\ntwo\nthree\n\nfour\nfive\nsix"


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_quotes_are_boxed_as_the_page_is_shown(tmp_path: Path, degrees: int) -> None:
    """The box of a quote lies on its ink, whatever the rotation of the page."""
    path = pdfs.rotated_pdf(tmp_path / "a.pdf", ["unique"], degrees)
    (box,) = ask("locate", path, page=1, quote="Unique", start=0)[0]["boxes"]
    corners = {0: (72, 64), 90: (768, 72), 180: (492, 768), 270: (64, 493)}

    assert box[:2] == pytest.approx(corners[degrees], abs=4)


def test_a_quote_broken_by_other_text_is_found_in_lines(tmp_path: Path) -> None:
    """When the quote is not there in one piece, its lines are."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", ["first part\nsomething else\nsecond part"])

    assert len(ask("locate", path, page=1, quote="first part\nsecond part", start=0)[0]["boxes"]) == 2


def test_drawing_marks_boxes(tmp_path: Path) -> None:
    """A drawn page with a box differs from one without."""
    path = pdfs.text_pdf(tmp_path / "a.pdf", [WORDS])
    plain = ask("draw", path, page=1, boxes=[], dpi=40)[0]["png"]
    marked = ask("draw", path, page=1, boxes=[[72, 64, 200, 80]], dpi=40)[0]["png"]

    assert plain != marked


def test_a_page_that_is_not_there_cannot_be_drawn(tmp_path: Path) -> None:
    """Single calls about a page that does not load end the child."""
    with pytest.raises(UnreadablePageError):
        ask("draw", pdfs.blank_pdf(tmp_path / "a.pdf"), page=5, boxes=[], dpi=40)
