"""Put boxes into reading order: cut the page into columns and bands until only rows are left (recursive XY cut)."""

from collections.abc import Sequence
from statistics import median

from tools.types import Box

Row = list[int]

_MAX_DEPTH = 12
_MIN_BOXES = 4
_SAME_ROW = 0.5
_GAP = 0.6
"""A gutter is wider than this many line heights."""
_MIN_IN_COLUMN = 3
_COLUMN_WIDTH = 6.0
"""Lines of a column are longer than this many line heights; shorter ones are cells of a table."""
_MOSTLY_WIDE = 0.7
_MIN_IN_BAND = 6


def reading_rows(boxes: Sequence[Box]) -> list[Row]:
    """Return the indexes of boxes, grouped into visual rows, in reading order."""
    return _cut(boxes, list(range(len(boxes))), 0)


def _cut(boxes: Sequence[Box], ids: Row, depth: int) -> list[Row]:
    if len(ids) < _MIN_BOXES or depth > _MAX_DEPTH:
        return _rows(boxes, ids)
    parts = _columns(boxes, ids) or _bands(boxes, ids)
    if not parts:
        return _rows(boxes, ids)
    return [row for part in parts for row in _cut(boxes, part, depth + 1)]


def _rows(boxes: Sequence[Box], ids: Row) -> list[Row]:
    """Group boxes that stand side by side, each row from left to right."""
    rows: list[Row] = []
    for index in sorted(ids, key=lambda i: _middle(boxes[i])):
        if rows and _in_row(boxes[rows[-1][0]], boxes[index]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [sorted(row, key=lambda i: boxes[i][0]) for row in rows]


def _in_row(first: Box, box: Box) -> bool:
    return _middle(box) - _middle(first) <= _SAME_ROW * min(_height(first), _height(box))


def _columns(boxes: Sequence[Box], ids: Row) -> list[Row]:
    """Cut at the widest gutter that runs through all boxes, if it parts columns of text."""
    line_height = median(_height(boxes[i]) for i in ids)
    gutters = sorted(_gaps([(boxes[i][0] + 1, boxes[i][2] - 1) for i in ids]), reverse=True)
    for width, x in gutters:
        left = [i for i in ids if _center(boxes[i]) < x]
        right = [i for i in ids if _center(boxes[i]) >= x]
        if width > _GAP * line_height and min(len(left), len(right)) >= _MIN_IN_COLUMN:
            narrow = min(_typical_width(boxes, left), _typical_width(boxes, right)) <= _COLUMN_WIDTH * line_height
            return [] if narrow else [left, right]
    return []


def _bands(boxes: Sequence[Box], ids: Row) -> list[Row]:
    """Cut into bands of boxes that reach across and bands of boxes that do not, which may hold columns."""
    line_height = median(_height(boxes[i]) for i in ids)
    left, right = min(boxes[i][0] for i in ids), max(boxes[i][2] for i in ids)
    middle, half = (left + right) / 2, (right - left) / 2
    crossing = {i for i in ids if boxes[i][0] < middle - line_height and boxes[i][2] > middle + line_height}
    wide = {i for i in crossing if boxes[i][2] - boxes[i][0] > half}
    if not wide or len(wide) >= _MOSTLY_WIDE * len(ids):
        return []
    bands: list[Row] = []
    for index in sorted(ids, key=lambda i: _middle(boxes[i])):
        if bands and (bands[-1][-1] in wide) == (index in wide):
            bands[-1].append(index)
        else:
            bands.append([index])
    worthwhile = len(bands) > 1 and max((len(band) for band in bands if band[0] not in wide), default=0) >= _MIN_IN_BAND
    return bands if worthwhile else []


def _gaps(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the widths and middles of the gaps that no span covers."""
    ordered = sorted(spans)
    end = ordered[0][1]
    gaps = []
    for start, stop in ordered[1:]:
        if start > end:
            gaps.append((start - end, (start + end) / 2))
        end = max(end, stop)
    return gaps


def _typical_width(boxes: Sequence[Box], ids: Row) -> float:
    return median(boxes[i][2] - boxes[i][0] for i in ids)


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _center(box: Box) -> float:
    return (box[0] + box[2]) / 2


def _height(box: Box) -> float:
    return box[3] - box[1]
