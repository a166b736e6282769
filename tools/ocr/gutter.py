"""Cut a page picture into what is read on its own: without margins, and apart at the gutter between two columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.bool_]

_INK = 150
"""Darker greys than this are ink."""
_COLUMNS = 425
"""Width of the reduced picture that the search works on."""
_MIN_WIDTH = 0.009
_MIN_HEIGHT = 0.30
"""Shares of the page width and of the printed height that a gutter reaches at least."""
_SLOPES = np.tan(np.radians(np.arange(-1.5, 1.51, 0.25)))
_MIDDLE = (0.25, 0.75)
_MIN_ROWS = 20
_MIN_COLUMN_ROWS = 8
_FILLED_ROWS = 0.4
_PROSE = 0.55
_DENSE = 0.25
_MIN_SIDE = 8
_EQUALLY_LONG = 0.98
_MARGIN = 64
"""Pixels left around the ink when margins are cut off."""


@dataclass(frozen=True)
class Part:
    """A part of a page picture that is read on its own."""

    x: int
    y: int
    picture: Picture


@dataclass(frozen=True)
class _Gutter:
    x: float
    """Where it crosses the middle of the page."""
    slope: float
    top: int
    bottom: int


def split_columns(picture: Picture) -> list[Part]:
    """Return the parts of a page in reading order: what stands above the columns, each column, what stands below.

    Detectors draw one line across a narrow gutter. A page without a gutter between two columns of prose comes back
    whole; the gutter may lean by 1.5 degrees.
    """
    gutter = _find_gutter(_reduced(picture))
    if gutter is None:
        return [Part(0, 0, picture)]
    return [part for part in _parts(picture, gutter) if min(part.picture.shape[:2]) > _MIN_SIDE]


def trim(picture: Picture) -> Part:
    """Cut off the empty margins: the detector overlooks a single word on a large white page."""
    ink, step = _reduced(picture)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return Part(0, 0, picture)
    left, top = max(0, int(columns[0]) * step - _MARGIN), max(0, int(rows[0]) * step - _MARGIN)
    right, bottom = (int(columns[-1]) + 1) * step + _MARGIN, (int(rows[-1]) + 1) * step + _MARGIN
    return Part(left, top, picture[top:bottom, left:right])


def _parts(picture: Picture, found: tuple[_Gutter, int]) -> Iterator[Part]:
    gutter, step = found
    top, bottom = gutter.top * step, gutter.bottom * step
    height, width = picture.shape[:2]
    if _has_ink(picture[:top]):
        yield Part(0, 0, picture[:top])
    rows = np.arange(top, min(bottom, height))
    edge = (gutter.x * step + (rows - height / 2) * gutter.slope).astype(int)
    right_of = np.arange(width)[None, :] >= edge[:, None]
    first, last = max(0, int(edge.min()) - 2), min(width, int(edge.max()) + 2)
    band = picture[top : top + len(rows)]
    yield Part(0, top, _whitened(band, right_of)[:, :last])
    yield Part(first, top, _whitened(band, ~right_of)[:, first:])
    if _has_ink(picture[bottom:]):
        yield Part(0, bottom, picture[bottom:])


def _find_gutter(reduced: tuple[Ink, int]) -> tuple[_Gutter, int] | None:
    ink, step = reduced
    inked = np.flatnonzero(ink.any(axis=1))
    if len(inked) < _MIN_ROWS:
        return None
    width = max(2, round(_MIN_WIDTH * ink.shape[1]))
    gutters = (_longest_gap(ink, float(slope), width) for slope in _SLOPES)
    best = max(gutters, key=lambda gutter: gutter.bottom - gutter.top)
    long_enough = best.bottom - best.top >= _MIN_HEIGHT * (inked[-1] - inked[0])
    return (best, step) if long_enough and _parts_prose(ink, best, width) else None


def _longest_gap(ink: Ink, slope: float, width: int) -> _Gutter:
    """Find the longest vertical run of empty windows in the middle half, along a slope."""
    height, total = ink.shape
    rows = np.arange(height)[:, None]
    columns = np.arange(int(_MIDDLE[0] * total), int(_MIDDLE[1] * total))[None, :]
    leaning = (columns + np.round((rows - height / 2) * slope).astype(int)).clip(0, total - 1)
    sums = np.cumsum(np.pad(ink[rows, leaning].astype(np.int32), ((0, 0), (1, 0))), axis=1)
    empty = sums[:, width:] == sums[:, :-width]
    longest, end = _longest_runs(empty)
    candidates = np.flatnonzero(longest >= longest.max() * _EQUALLY_LONG)
    middle = int(candidates[len(candidates) // 2])
    bottom = int(end[middle]) + 1
    return _Gutter(middle + columns[0, 0] + width / 2, slope, bottom - int(longest[middle]), bottom)


def _longest_runs(empty: Ink) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each column the length of its longest run of true cells and the row where that ends."""
    current = np.zeros(empty.shape[1], np.int64)
    longest, end = current.copy(), current.copy()
    for y, row in enumerate(empty):
        current = np.where(row, current + 1, 0)
        longer = current > longest
        longest, end = np.where(longer, current, longest), np.where(longer, y, end)
    return longest, end


def _parts_prose(ink: Ink, gutter: _Gutter, width: int) -> bool:
    """Tell whether columns of prose stand on both sides: rows that reach across and are dense; table cells are not."""
    band = ink[gutter.top : gutter.bottom]
    middle = int(gutter.x)
    return all(_is_prose(side, len(band)) for side in (band[:, : max(1, middle - width)], band[:, middle + width :]))


def _is_prose(side: Ink, height: int) -> bool:
    side = side[side.any(axis=1)]
    if len(side) < _MIN_COLUMN_ROWS or len(side) <= _FILLED_ROWS * height:
        return False
    columns = np.flatnonzero(side.any(axis=0))
    side = side[:, columns[0] : columns[-1] + 1]
    extent = side.shape[1] - side.argmax(axis=1) - side[:, ::-1].argmax(axis=1)
    return bool(np.median(extent) / side.shape[1] * min(1.0, side.mean() / _DENSE) > _PROSE)


def _reduced(picture: Picture) -> tuple[Ink, int]:
    """Return where the ink is, on a smaller raster that keeps thin strokes, and the size of its cells."""
    grey = picture.min(axis=2) if picture.ndim == 3 else picture  # noqa: PLR2004 - height, width, colour
    height, width = grey.shape
    step = max(1, width // _COLUMNS)
    cells = grey[: height // step * step, : width // step * step].reshape(height // step, step, width // step, step)
    return cells.min(axis=(1, 3)) < _INK, step


def _has_ink(picture: Picture) -> bool:
    return bool((picture < _INK).any())


def _whitened(picture: Picture, mask: Ink) -> Any:
    copy = picture.copy()
    copy[mask] = 255
    return copy
