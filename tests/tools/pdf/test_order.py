from tools.pdf.order import reading_rows
from tools.types import Box


def line(x: float, y: float, width: float = 200, height: float = 10) -> Box:
    """Return the box of a line."""
    return (x, y, x + width, y + height)


def test_pieces_side_by_side_are_one_row() -> None:
    """A table is read row by row, each from left to right."""
    boxes = [line(300, 1, 40), line(0, 0, 40), line(0, 20, 40), line(300, 21, 40), line(150, 0, 40)]

    assert reading_rows(boxes) == [[1, 4, 0], [2, 3]]


def test_columns_are_read_one_after_the_other() -> None:
    """Two columns of prose do not mix."""
    left = [line(0, y * 12) for y in range(5)]
    right = [line(220, y * 12) for y in range(5)]

    assert reading_rows([*left, *right]) == [[index] for index in range(10)]


def test_a_heading_across_stands_before_its_columns() -> None:
    """A line over the full width parts the columns above it from those below."""
    above = [line(x, y * 12) for x in (0, 220) for y in range(3)]
    heading = [line(0, 50, 420)]
    below = [line(x, 70 + y * 12) for x in (0, 220) for y in range(3)]
    boxes = [*above, *heading, *below]

    assert reading_rows(boxes) == [[index] for index in range(13)]


def test_nothing_has_no_rows() -> None:
    """No boxes, no rows."""
    assert reading_rows([]) == []
