from tools.pdf.quotes import fold, merge_lines
from tools.pdf.view import View

VIEW = View(0, 0, 200, 100, 0)


def test_folding_drops_what_differs_between_page_and_text() -> None:
    """Case, blanks, hyphens, ligatures and width do not matter to a quote."""
    assert fold("Well-\nknown \ufb01gures \uff11\uff12") == fold("wellknown figures 12")


def test_boxes_of_one_line_become_one() -> None:
    """Neighbours on a line are merged, lines and distant pieces stay apart, nothing leaves the page."""
    boxes = [(10, 10, 30, 20), (32, 11, 50, 20), (10, 30, 40, 40), (150, 30, 220, 40)]

    assert merge_lines(boxes, VIEW) == [(10, 10, 50, 20), (10, 30, 40, 40), (150, 30, 200, 40)]
