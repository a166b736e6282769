import pytest

from tools.pdf.view import View, area, clip, covered_share, overlap


@pytest.mark.parametrize(
    ("rotation", "size", "box"),
    [
        (0, (200, 100), (10, 70, 60, 80)),
        (90, (100, 200), (20, 10, 30, 60)),
        (180, (200, 100), (140, 20, 190, 30)),
        (270, (100, 200), (70, 140, 80, 190)),
    ],
)
def test_boxes_turn_with_the_page(rotation: int, size: tuple[int, int], box: tuple[int, ...]) -> None:
    """Boxes are given as the page is shown, whatever its rotation and crop."""
    view = View(50, 100, 250, 200, rotation)

    assert (view.width, view.height) == size
    assert view.box((60, 120, 110, 130)) == box


def test_what_lies_outside_is_not_shown() -> None:
    """Points outside the visible box do not count."""
    view = View(50, 100, 250, 200, 0)

    assert view.shows(50, 100)
    assert not view.shows(49, 150)


def test_areas_of_boxes() -> None:
    """Boxes have areas, share areas and are cut to the page."""
    assert area((0, 0, 2, 3)) == 6
    assert area((2, 0, 0, 3)) == 0
    assert overlap((0, 0, 2, 2), (1, 1, 5, 5)) == 1
    assert clip((-1, -1, 5, 5), 3, 4) == (0, 0, 3, 4)


def test_the_covered_share_counts_overlaps_once() -> None:
    """Two boxes on the same spot cover it once; a page without size is not covered."""
    assert covered_share([(0, 0, 50, 100), (0, 0, 50, 100)], 100, 100) == 0.5
    assert covered_share([(0, 0, 1, 1)], 0, 100) == 0
