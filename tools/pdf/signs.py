"""Measure the signs on a page that `routing` decides by; for child processes."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from pypdfium2 import raw

from tools.pdf.routing import PageSigns
from tools.pdf.view import View, area, clip, covered_share, overlap
from tools.types import Box

Picture = npt.NDArray[np.uint8]

_MAX_DEPTH = 6
_MAX_OBJECTS = 20_000
_SAMPLE = 2000
_PREVIEW_DPI = 36
_PREVIEW_SIDE = 700
_CLEAR = 48
_FAINT = 12
_RULE = 0.8
"""A row or column of pixels that is drawn over this share is a ruled line or a frame, not writing."""
_SMALLEST_FIGURE = 0.01
_TEXT_FREE = 0.05
"""An image with more of its area under text of the text layer is a background or a scan that has been read."""
_FLAT = 0.3
"""Charts, screenshots and print have one background colour over this share of their area, photographs do not."""
_TEXTURE = 0.005
"""Neighbouring pixels that differ clearly, as writing makes them."""
_LARGE = 0.15
"""An image over this share of the page is read whatever it looks like: maps and collages carry words too."""
_GREYS = 8


@dataclass(frozen=True)
class PageSurvey:
    """The measured signs and the parts of the page that may hold words as a picture."""

    signs: PageSigns
    figures: tuple[Box, ...]


def image_boxes(page: Any, view: View) -> list[Box]:
    """Return the boxes of the images on a page, as far as they are visible."""
    matrices: dict[int, Any] = {}
    images = page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=_MAX_DEPTH)
    boxes = (_image_box(image, view, matrices) for image in islice(images, _MAX_OBJECTS))
    return [box for box in boxes if area(box) > 0]


def survey_page(page: Any, text_page: Any, view: View, images: Sequence[Box]) -> PageSurvey:
    """Measure what the objects and a small rendering of a page tell."""
    picture = small_picture(page)
    ink, faint = measure_ink(picture)
    figures = _figures(text_page, view, images, picture)
    signs = PageSigns(
        image_coverage=covered_share(images, view.width, view.height),
        unmapped=_unmapped_share(text_page),
        invisible=_invisible_share(page),
        ink=ink,
        faint=faint,
        figures=covered_share(figures, view.width, view.height),
    )
    return PageSurvey(signs, tuple(figures))


def small_picture(page: Any) -> Picture:
    """Render a page in grey at 36 dpi, smaller when the page is huge."""
    side = max(page.get_size())
    bitmap = page.render(scale=min(_PREVIEW_DPI / 72, _PREVIEW_SIDE / max(1.0, side)), grayscale=True)
    pixels: Picture = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()
    bitmap.close()
    return pixels


def measure_ink(picture: Picture) -> tuple[float, float]:
    """Return the shares of pixels that differ from the background clearly, ruled lines aside, and at all."""
    difference = np.abs(picture.astype(np.int16) - _commonest(picture))
    clear = difference > _CLEAR
    writing = clear[np.ix_(clear.mean(axis=1) < _RULE, clear.mean(axis=0) < _RULE)]
    return float(writing.sum() / clear.size), float((difference > _FAINT).mean())


def _figures(text_page: Any, view: View, images: Sequence[Box], picture: Picture) -> list[Box]:
    """Return the images without text of the text layer that may hold words themselves."""
    page_area = view.width * view.height
    sizeable = [box for box in images if area(box) > _SMALLEST_FIGURE * page_area]
    if not sizeable:
        return []
    texts = [view.box(text_page.get_rect(number)) for number in range(text_page.count_rects())]
    free = [box for box in sizeable if sum(overlap(box, text) for text in texts) <= _TEXT_FREE * area(box)]
    scale = picture.shape[1] / view.width
    return [box for box in free if area(box) >= _LARGE * page_area or _looks_written(_cut(picture, box, scale))]


def _looks_written(picture: Picture) -> bool:
    """Tell a chart, a screenshot or print from a photograph and from a plain area."""
    if min(picture.shape) < 2:  # noqa: PLR2004 - a single row has no neighbours
        return False
    shades = np.bincount((picture // _GREYS).ravel())
    steps = np.abs(np.diff(picture.astype(np.int16), axis=1)) > _CLEAR
    return bool(shades.max() >= _FLAT * picture.size and steps.mean() >= _TEXTURE)


def _cut(picture: Picture, box: Box, scale: float) -> Picture:
    left, top, right, bottom = (round(edge * scale) for edge in box)
    return picture[top : bottom + 1, left : right + 1]


def _commonest(picture: Picture) -> int:
    return int(np.bincount(picture.ravel()).argmax()) if picture.size else 0


def _image_box(image: Any, view: View, matrices: dict[int, Any]) -> Box:
    bounds = image.get_bounds()
    if (matrix := _matrix(image.container, matrices)) is not None:
        bounds = matrix.on_rect(*bounds)
    return clip(view.box(bounds), view.width, view.height)


def _matrix(form: Any, known: dict[int, Any]) -> Any:
    """Compose the matrices of nested forms: bounds of an object inside a form are given in the form's own space."""
    if form is None:
        return None
    key = ctypes.addressof(form.raw.contents)
    if key not in known:
        outer = _matrix(form.container, known)
        known[key] = form.get_matrix() if outer is None else form.get_matrix().multiply(outer)
    return known[key]


def _invisible_share(page: Any) -> float:
    """Return the share of text objects that are drawn without showing, as those of an OCR layer are."""
    texts = page.get_objects(filter=(raw.FPDF_PAGEOBJ_TEXT,), max_depth=_MAX_DEPTH)
    modes = [raw.FPDFTextObj_GetTextRenderMode(text.raw) for text in islice(texts, _MAX_OBJECTS)]
    return modes.count(raw.FPDF_TEXTRENDERMODE_INVISIBLE) / len(modes) if modes else 0.0


def _unmapped_share(text_page: Any) -> float:
    total = text_page.count_chars()
    sample = range(0, total, max(1, total // _SAMPLE))
    errors = sum(raw.FPDFText_HasUnicodeMapError(text_page.raw, index) == 1 for index in sample)
    return errors / len(sample) if sample else 0.0
