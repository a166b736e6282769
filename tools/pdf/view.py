"""Turn page coordinates into the view: PDF points as the page is shown, rotation applied, origin at the top left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.types import Box


@dataclass(frozen=True)
class View:
    """How a page is shown: its visible box in page coordinates and its rotation."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    """Clockwise degrees: 0, 90, 180 or 270."""

    @property
    def width(self) -> float:
        """Width as shown."""
        return self.top - self.bottom if self.rotation % 180 else self.right - self.left

    @property
    def height(self) -> float:
        """Height as shown."""
        return self.right - self.left if self.rotation % 180 else self.top - self.bottom

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Turn a point in page coordinates into the view."""
        if self.rotation == 90:  # noqa: PLR2004 - degrees
            return y - self.bottom, x - self.left
        if self.rotation == 180:  # noqa: PLR2004 - degrees
            return self.right - x, y - self.bottom
        if self.rotation == 270:  # noqa: PLR2004 - degrees
            return self.top - y, self.right - x
        return x - self.left, self.top - y

    def box(self, rect: Sequence[float]) -> Box:
        """Turn a rectangle (left, bottom, right, top in page coordinates) into a box of the view."""
        x0, y0 = self.point(rect[0], rect[1])
        x1, y1 = self.point(rect[2], rect[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def shows(self, x: float, y: float) -> bool:
        """Tell whether a point in page coordinates lies on the visible page."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top


def view_of(page: Any) -> View:
    """Read the view of a pdfium page."""
    left, bottom, right, top = page.get_bbox()
    return View(left, bottom, right, top, page.get_rotation() % 360)


def clip(box: Box, width: float, height: float) -> Box:
    """Cut a box to the page."""
    return max(0.0, box[0]), max(0.0, box[1]), min(width, box[2]), min(height, box[3])


def area(box: Box) -> float:
    """Return the area of a box, 0 when it is turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    return area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))


def covered_share(boxes: Sequence[Box], width: float, height: float, cells: int = 64) -> float:
    """Return the share of a page that boxes cover together, counted on a raster."""
    if width <= 0 or height <= 0:
        return 0.0
    raster = bytearray(cells * cells)
    for box in boxes:
        left, top, right, bottom = clip(box, width, height)
        x0, x1 = int(left / width * cells), -int(-right / width * cells // 1)
        for y in range(int(top / height * cells), -int(-bottom / height * cells // 1)):
            raster[y * cells + x0 : y * cells + x1] = b"\1" * max(0, x1 - x0)
    return sum(raster) / len(raster)
