"""Draw a page as an image, with boxes on it when asked for."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import ImageDraw

from tools.types import Box

_MAX_SIDE = 2200
_OUTLINE = (214, 90, 0, 255)
_FILL = (255, 200, 0, 80)
_MARGIN = 2


def draw_page(page: Any, boxes: Sequence[Box], dpi: int) -> bytes:
    """Return a PNG of a page; boxes are in points as shown, origin at the top left."""
    scale = min(dpi / 72, _MAX_SIDE / max(1.0, *page.get_size()))
    bitmap = page.render(scale=scale)
    picture = bitmap.to_pil().convert("RGB")
    bitmap.close()
    draw = ImageDraw.Draw(picture, "RGBA")
    for left, top, right, bottom in boxes:
        corners = [left * scale - _MARGIN, top * scale - _MARGIN, right * scale + _MARGIN, bottom * scale + _MARGIN]
        draw.rectangle(corners, fill=_FILL, outline=_OUTLINE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
