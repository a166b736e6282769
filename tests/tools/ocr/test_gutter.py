import numpy as np
import pytest

from tools.ocr.gutter import Picture, split_columns, trim


def prose(picture: Picture, left: int, right: int, top: int, bottom: int) -> None:
    """Draw lines of something like print into a part of a picture."""
    rng = np.random.default_rng(3)
    for y in range(top, bottom, 30):
        picture[y : y + 16, left:right] = np.where(rng.random((16, right - left)) < 0.5, 0, 255)


def white() -> Picture:
    """Return an empty page of 850 by 1100 pixels."""
    return np.full((1100, 850, 3), 255, np.uint8)


def draw(*blocks: tuple[int, int, int, int]) -> Picture:
    """Return a page with blocks of print."""
    grey = np.full((1100, 850), 255, np.uint8)
    for block in blocks:
        prose(grey, *block)
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_two_columns_are_split_between_heading_and_foot() -> None:
    """What stands above comes first, then the columns from left to right, then what stands below."""
    parts = split_columns(draw((60, 790, 60, 120), (60, 410, 160, 900), (440, 790, 160, 900), (60, 790, 960, 1040)))

    assert [(part.x > 300, part.y > 900) for part in parts] == [
        (False, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert parts[0].picture.shape[1] == 850


def test_a_leaning_gutter_is_found() -> None:
    """A page scanned a little askew is split too."""
    picture = draw((60, 405, 60, 1000), (445, 790, 60, 1000))
    leaning = np.stack([np.roll(row, round((y - 550) * 0.017), axis=0) for y, row in enumerate(picture)])

    assert len(split_columns(leaning)) >= 2


def test_one_column_comes_back_whole() -> None:
    """A page of one column, an empty page and a table are not split."""
    table = draw(*((x, x + 60, y, y + 20) for x in (60, 260, 500, 730) for y in range(60, 1000, 60)))

    for picture in (draw((60, 790, 60, 1000)), white(), table):
        (part,) = split_columns(picture)
        assert (part.x, part.y, part.picture.shape) == (0, 0, picture.shape)


def test_margins_are_cut_off() -> None:
    """What is left begins a little before the ink; an empty page stays as it is."""
    part = trim(draw((300, 400, 500, 520)))

    assert (part.x, part.y) == pytest.approx((236, 436), abs=3)
    assert part.picture.shape[0] < 200
    assert trim(white()).picture.shape == white().shape
