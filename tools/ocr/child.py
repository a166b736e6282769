"""The child process that recognises text on page pictures, for `tools.ocr.engine`."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.ocr.gutter import Part, Picture, split_columns, trim
from tools.pdf.document import open_document, open_page
from tools.pdf.order import reading_rows
from tools.pdf.view import View, view_of
from tools.types import Box
from tools.worker import Message, run_child

_FULL_SCALE = 200 / 72
_BLURRED = 0.5
"""A page that can only be drawn at less than this share of the full scale is drawn in part."""
_MAX_SIDE = 2200
_MARGIN_PT = 2.0
_TALL = 1.5
"""A box that is this many times as high as wide is a line that runs sideways, if it has more than one letter."""
_MIN_BOXES = 5
_MOSTLY = 0.6
_UPSIDE_DOWN = 0.75
"""Below this mean score a page is tried upside down."""

Quads = npt.NDArray[np.float32]
Found = list[tuple[str, float, Quads, int]]
"""Text, score, corners in pixels and row of each recognised piece, in reading order."""


@dataclass(frozen=True)
class _Drawn:
    """A page or a part of it, drawn."""

    picture: Picture
    scale: float
    """Pixels per point."""
    x: float
    """Where the picture begins on the page, in points."""
    y: float

    def to_points(self, box: Sequence[float]) -> list[float]:
        """Turn pixels of the picture into points of the page."""
        left, top, right, bottom = (edge / self.scale for edge in box)
        return [round(left + self.x, 2), round(top + self.y, 2), round(right + self.x, 2), round(bottom + self.y, 2)]

    def span(self, start: float, end: float) -> slice:
        """Turn a span in points into pixels, with a small margin."""
        return slice(max(0, round((start - _MARGIN_PT) * self.scale)), max(0, round((end + _MARGIN_PT) * self.scale)))


def handle(request: Message) -> Iterator[Message]:
    """Read one page and reply with its lines in points of the page as shown."""
    started = time.perf_counter()
    drawn = _render(request["path"], request["password"], request["page"])
    found, turned = read_picture(_only(drawn, request["regions"]))
    lines = [[text, drawn.to_points(_bounds(quad)), score, row] for text, score, quad, row in found]
    yield {"lines": lines, "turned": turned, "seconds": round(time.perf_counter() - started, 3)}


def read_picture(picture: Picture) -> tuple[Found, int]:
    """Recognise the text of a page picture, turning it if it reads sideways or upside down."""
    upright = _read(picture)
    if _runs_sideways(upright):
        quarters: tuple[int, ...] = (1, 3)
    elif upright and _mean_score(upright) < _UPSIDE_DOWN:
        quarters = (2,)
    else:
        return upright, 0
    turned = {quarter: _read(np.rot90(picture, -quarter)) for quarter in quarters}
    best = max(turned, key=lambda quarter: _worth(turned[quarter]))
    if _worth(turned[best]) <= _worth(upright):
        return upright, 0
    return _turned_back(turned[best], picture, best), 90 * best


def _render(path: str, password: str | None, number: int) -> _Drawn:
    """Draw a page; one too large to be drawn sharply is drawn again where its ink is."""
    with open_document(path, password) as document, open_page(document, number) as page:
        document.init_forms()
        view = view_of(page)
        drawn = _draw(page, (0.0, 0.0, view.width, view.height), view)
        if drawn.scale < _BLURRED * _FULL_SCALE:
            part = trim(drawn.picture)
            height, width = part.picture.shape[:2]
            drawn = _draw(page, drawn.to_points((part.x, part.y, part.x + width, part.y + height)), view)
        return drawn


def _draw(page: Any, box: Sequence[float], view: View) -> _Drawn:
    left, top, right, bottom = box
    scale = min(_FULL_SCALE, _MAX_SIDE / max(right - left, bottom - top, 1.0))
    bitmap = page.render(scale=scale, crop=(left, view.height - bottom, view.width - right, top))
    picture: Picture = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return _Drawn(picture, scale, left, top)


def _only(drawn: _Drawn, regions: Sequence[Box]) -> Picture:
    """Whiten everything but the regions; no region means all of the page."""
    if not regions:
        return drawn.picture
    kept = np.full_like(drawn.picture, 255)
    for left, top, right, bottom in regions:
        rows, columns = drawn.span(top - drawn.y, bottom - drawn.y), drawn.span(left - drawn.x, right - drawn.x)
        kept[rows, columns] = drawn.picture[rows, columns]
    return kept


def _read(picture: Picture) -> Found:
    found: Found = []
    for part in split_columns(picture):
        first_row = found[-1][3] + 1 if found else 0
        trimmed = trim(part.picture)
        found += _read_part(Part(part.x + trimmed.x, part.y + trimmed.y, trimmed.picture), first_row)
    return found


def _read_part(part: Part, first_row: int) -> Found:
    result = _engine()(np.ascontiguousarray(part.picture), use_det=True, use_cls=False, use_rec=True)
    if result.boxes is None or not result.txts:
        return []
    quads = np.asarray(result.boxes, np.float32) + np.array([part.x, part.y], np.float32)
    return [
        (result.txts[index], round(float(result.scores[index]), 4), quads[index], first_row + number)
        for number, row in enumerate(reading_rows(_straightened(quads)))
        for index in row
        if result.txts[index].strip()
    ]


def _straightened(quads: Quads) -> list[Box]:
    """Return boxes as they would be if the page had been scanned straight."""
    edges = quads[:, 1] - quads[:, 0]
    wide = np.abs(edges[:, 0]) > 2 * np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    slope = float(np.median(edges[wide, 1] / edges[wide, 0])) if wide.any() else 0.0
    straight = quads.copy()
    straight[:, :, 1] -= slope * quads[:, :, 0]
    return [_bounds(quad) for quad in straight]


def _bounds(quad: Quads) -> Box:
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _runs_sideways(found: Found) -> bool:
    """Tell whether most lines are higher than wide, single letters aside."""
    boxes = [_bounds(quad) for text, _, quad, _ in found if len(text) > 1]
    tall = sum(box[3] - box[1] > _TALL * (box[2] - box[0]) for box in boxes)
    return len(boxes) >= _MIN_BOXES and tall > _MOSTLY * len(boxes)


def _turned_back(found: Found, picture: Picture, quarters: int) -> Found:
    """Map what was read on a picture turned clockwise back to the picture as it was."""
    height, width = picture.shape[:2]
    return [(text, score, _unturn(quad, quarters, width, height), row) for text, score, quad, row in found]


def _unturn(quad: Quads, quarters: int, width: int, height: int) -> Quads:
    x, y = quad[:, 0], quad[:, 1]
    if quarters == 1:
        return np.stack([y, height - x], axis=1)
    if quarters == 2:  # noqa: PLR2004 - half a turn
        return np.stack([width - x, height - y], axis=1)
    return np.stack([width - y, x], axis=1)


def _worth(found: Found) -> float:
    """Weigh a reading: sure characters count, rows that run sideways count half."""
    total = sum(score * score * len(text) for text, score, _, _ in found)
    return total * (0.5 if _runs_sideways(found) else 1.0)


def _mean_score(found: Found) -> float:
    return sum(score for _, score, _, _ in found) / len(found)


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - a second to load, and only a page needs it

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


if __name__ == "__main__":
    run_child(handle)
