"""The child process that recognises text on page pictures, for `tools.ocr.engine`."""

import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.ocr.gutter import Part, Picture, split_columns
from tools.pdf.document import open_document, open_page
from tools.pdf.order import reading_rows
from tools.pdf.view import view_of
from tools.types import Box
from tools.worker import Message, run_child

_DPI = 200
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


def handle(request: Message) -> Iterator[Message]:
    """Read one page and reply with its lines in points of the page as shown."""
    started = time.perf_counter()
    picture, scale = _render(request["path"], request["password"], request["page"])
    found, turned = read_picture(_only(picture, request["regions"], scale))
    lines = [[text, [round(edge / scale, 2) for edge in _bounds(quad)], score, row] for text, score, quad, row in found]
    yield {"lines": lines, "turned": turned, "seconds": round(time.perf_counter() - started, 3)}


def read_picture(picture: Picture) -> tuple[Found, int]:
    """Recognise the text of a page picture, turning it if it reads sideways or upside down."""
    upright = _read(picture)
    if _runs_sideways(upright):
        turns = [upright, *(_turned_back(_read(np.rot90(picture, -quarter)), picture, quarter) for quarter in (1, 3))]
        best = max(range(3), key=lambda index: _worth(turns[index]))
        return turns[best], (0, 90, 270)[best]
    if upright and _mean_score(upright) < _UPSIDE_DOWN:
        turned = _turned_back(_read(np.rot90(picture, 2)), picture, 2)
        if _worth(turned) > _worth(upright):
            return turned, 180
    return upright, 0


def _render(path: str, password: str | None, number: int) -> tuple[Picture, float]:
    """Return the page in colour and the number of pixels per point."""
    with open_document(path, password) as document, open_page(document, number) as page:
        view = view_of(page)
        scale = min(_DPI / 72, _MAX_SIDE / max(view.width, view.height, 1.0))
        document.init_forms()
        bitmap = page.render(scale=scale, rev_byteorder=False)
        picture: Picture = bitmap.to_numpy()[:, :, :3].copy()
        bitmap.close()
        return picture, scale


def _only(picture: Picture, regions: Sequence[Box], scale: float) -> Picture:
    """Whiten everything but the regions; no region means all of the page."""
    if not regions:
        return picture
    kept = np.full_like(picture, 255)
    for left, top, right, bottom in regions:
        rows = slice(max(0, round((top - _MARGIN_PT) * scale)), round((bottom + _MARGIN_PT) * scale))
        columns = slice(max(0, round((left - _MARGIN_PT) * scale)), round((right + _MARGIN_PT) * scale))
        kept[rows, columns] = picture[rows, columns]
    return kept


def _read(picture: Picture) -> Found:
    found: Found = []
    for part in split_columns(picture):
        first_row = found[-1][3] + 1 if found else 0
        found += _read_part(part, first_row)
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
