"""Makers of PDFs for tests: born digital, scanned, encrypted, damaged. The same arguments give the same bytes."""

import io
import textwrap
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
_MARGIN = 72.0
_SIZE = 11.0
_LEADING = 15.0
_LATIN_LINE = 84
_CJK_LINE = 40
_CHINESE_FONT = "STSong-Light"
_SCAN_DPI = 200
_WHITE = 250
_CJK_FROM = "\u2e80"


def text_pdf(path: Path, pages: Sequence[str], *, title: str | None = None) -> Path:
    """Write a born-digital PDF; lines wrap, an empty line parts paragraphs, the Chinese font is not embedded."""
    canvas = _canvas(path, title)
    for page in pages:
        for number, line in enumerate(_wrapped(page)):
            _draw(canvas, _MARGIN, HEIGHT - _MARGIN - number * _LEADING, line)
        canvas.showPage()
    canvas.save()
    return path


def scanned_pdf(path: Path, pages: Sequence[str], *, quarter_turns: int = 0, enlarged: float = 1.0) -> Path:
    """Write a PDF whose pages are only pictures of print, with some noise, turned clockwise or huge when asked for."""
    canvas = _canvas(path)
    for page in pages:
        picture = np.rot90(_print(_wrapped(page)), -quarter_turns)
        short, long = WIDTH * enlarged, HEIGHT * enlarged
        width, height = (short, long) if quarter_turns % 2 == 0 else (long, short)
        canvas.setPageSize((width, height))
        canvas.drawImage(_jpeg(picture), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return path


def captioned_scan_pdf(path: Path, caption: str, page: str) -> Path:
    """Write a PDF of one page: a line of real text over a picture of print that fills most of the page."""
    canvas = _canvas(path)
    _draw(canvas, _MARGIN, HEIGHT - 30, caption)
    canvas.drawImage(_jpeg(_print(_wrapped(page))), 0, 0, WIDTH, HEIGHT - 60)
    canvas.showPage()
    canvas.save()
    return path


def figure_pdf(path: Path, text: str, words: Sequence[str]) -> Path:
    """Write a PDF of one page: a text layer above, and a chart as a picture below that carries other words."""
    canvas = _canvas(path)
    for number, line in enumerate(_wrapped(text)):
        _draw(canvas, _MARGIN, HEIGHT - _MARGIN - number * _LEADING, line)
    chart = np.full((600, 1200), 255, np.uint8)
    cv2.rectangle(chart, (20, 20), (1180, 580), 0, 3)
    for number, word in enumerate(words):
        _write(chart, word, 80, 120 + 80 * number, 40)
        cv2.rectangle(chart, (700, 85 + 80 * number), (800 + 60 * number, 125 + 80 * number), 90, -1)
    canvas.drawImage(_jpeg(chart), _MARGIN, 100, WIDTH - 2 * _MARGIN, 220)
    canvas.showPage()
    canvas.save()
    return path


def table_pdf(path: Path, rows: Sequence[Sequence[str]], *, heading: str = "") -> Path:
    """Write a PDF of one page with a ruled table."""
    canvas = _canvas(path)
    _draw(canvas, _MARGIN, HEIGHT - _MARGIN, heading)
    width = (WIDTH - 2 * _MARGIN) / max(map(len, rows))
    for number, row in enumerate(rows):
        y = HEIGHT - _MARGIN - 40 - number * 20
        canvas.line(_MARGIN, y - 6, WIDTH - _MARGIN, y - 6)
        for column, cell in enumerate(row):
            _draw(canvas, _MARGIN + column * width, y, cell)
    canvas.showPage()
    canvas.save()
    return path


def columns_pdf(path: Path, columns: Sequence[str], *, heading: str = "") -> Path:
    """Write a PDF of one page with columns of print, drawn row by row across them as some programs do."""
    canvas = _canvas(path)
    _draw(canvas, _MARGIN, HEIGHT - 50, heading)
    gutter = 14.0
    width = (WIDTH - _MARGIN - (len(columns) - 1) * gutter) / len(columns)
    wrapped = [textwrap.wrap(column, int(width / 4.2)) for column in columns]
    for number in range(max(map(len, wrapped))):
        for index, lines in enumerate(wrapped):
            if number < len(lines):
                _draw(canvas, _MARGIN / 2 + index * (width + gutter), HEIGHT - 90 - number * 12, lines[number], 10.0)
    canvas.showPage()
    canvas.save()
    return path


def blank_pdf(path: Path, pages: int = 1) -> Path:
    """Write a PDF of white pages."""
    canvas = _canvas(path)
    for _ in range(pages):
        canvas.showPage()
    canvas.save()
    return path


def mixed_pdf(path: Path, pages: Iterable[tuple[str, str]]) -> Path:
    """Write a PDF from pairs of kind and text; kinds are `text`, `scan` and `blank`."""
    makers = {"text": lambda part, text: text_pdf(part, [text]), "scan": lambda part, text: scanned_pdf(part, [text])}
    writer = PdfWriter()
    for kind, text in pages:
        part = path.with_suffix(".part")
        made = blank_pdf(part) if kind == "blank" else makers[kind](part, text)
        writer.append(str(made))
        part.unlink()
    writer.write(path)
    return path


def encrypted_pdf(path: Path, pages: Sequence[str], password: str, *, owner_password: str = "owner") -> Path:  # noqa: S107 - of a test file
    """Write a born-digital PDF that opens with a password only; an empty `password` opens without asking."""
    return _rewritten(text_pdf(path, pages), encrypt=(password, owner_password))


def rotated_pdf(path: Path, pages: Sequence[str], degrees: int) -> Path:
    """Write a born-digital PDF whose pages are shown turned clockwise."""
    return _rewritten(text_pdf(path, pages), rotate=degrees)


def cropped_pdf(path: Path, pages: Sequence[str], box: tuple[float, float, float, float]) -> Path:
    """Write a born-digital PDF of which only a box (left, bottom, right, top) is visible."""
    return _rewritten(text_pdf(path, pages), crop=box)


def truncated_pdf(path: Path, pages: Sequence[str]) -> Path:
    """Write a PDF that ends in the middle of its first page."""
    path.write_bytes(text_pdf(path, pages).read_bytes()[:400])
    return path


def zero_pages_pdf(path: Path) -> Path:
    """Write a PDF that opens but has no page."""
    return _raw_pdf(path, [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"])


def lost_pages_pdf(path: Path) -> Path:
    """Write a PDF that counts one page but does not have it."""
    return _raw_pdf(path, [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1>>"])


def garbled_pdf(path: Path, text: str) -> Path:
    """Write a PDF of one page that shows the text, while its text layer holds private codes only."""
    codes = b"".join(b"<%02X> <%04X>\n" % (code, 0xE000 + code) for code in range(33, 127))
    cmap = (
        b"begincmap\n1 begincodespacerange <00> <FF> endcodespacerange\n94 beginbfchar\n"
        + codes
        + b"endbfchar\nendcmap"
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    return _one_page(path, _text_operators(text), font, _stream(cmap))


def hidden_text_pdf(path: Path, text: str) -> Path:
    """Write a PDF of one page whose text layer says something while nothing is to be seen."""
    return _one_page(path, b"3 Tr " + _text_operators(text))


def bomb_pdf(path: Path, pages_before: Sequence[str] = (), pages_after: Sequence[str] = ()) -> Path:
    """Write a PDF with one page whose content unpacks to 4 GB, between ordinary ones."""
    return _among(path, _flate_bomb(), b"/Filter/FlateDecode", pages_before, pages_after)


def slow_pdf(path: Path, pages_before: Sequence[str] = (), pages_after: Sequence[str] = ()) -> Path:
    """Write a PDF with one page of a million text operators, which takes seconds to read, between ordinary ones."""
    operators = b"BT /F 1 Tf 1 1 Td (aaaaaaaaaa) Tj ET\n" * 1_000_000
    return _among(path, zlib.compress(operators, 1), b"/Filter/FlateDecode", pages_before, pages_after)


def _among(path: Path, content: bytes, extra: bytes, before: Sequence[str], after: Sequence[str]) -> Path:
    contents = (
        [(_text_operators(t), b"") for t in before] + [(content, extra)] + [(_text_operators(t), b"") for t in after]
    )
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(contents)),
        _HELVETICA,
    ]
    for index, (data, filters) in enumerate(contents):
        objects += [_page(5 + 2 * index, 3), _stream(data, filters)]
    return _raw_pdf(path, objects)


_HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def _one_page(path: Path, content: bytes, font: bytes = _HELVETICA, *more: bytes) -> Path:
    kids = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return _raw_pdf(path, [b"<</Type/Catalog/Pages 2 0 R>>", kids, _page(4, 5), _stream(content), font, *more])


def _page(contents: int, font: int) -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F %d 0 R>>>>>>" % (
        contents,
        font,
    )


def _raw_pdf(path: Path, objects: Sequence[bytes]) -> Path:
    body = b"%PDF-1.7\n"
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    path.write_bytes(body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer)
    return path


def _stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (extra, len(data), data)


def _text_operators(text: str) -> bytes:
    lines = b"".join(b"(%s) Tj T*\n" % line.encode("latin-1") for line in _wrapped(text))
    return b"BT /F 11 Tf 15 TL 72 770 Td\n" + lines + b"ET"


def _flate_bomb() -> bytes:
    """Pack 4 GB of blanks by repeating one packed block: full flushes make blocks independent of each other."""
    packer = zlib.compressobj(9)
    head = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 4096 + packer.flush()


def _canvas(path: Path, title: str | None = None) -> Any:
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE_FONT))
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle(title or "")
    return canvas


def _draw(canvas: Any, x: float, y: float, line: str, size: float = _SIZE) -> None:
    canvas.setFont(_CHINESE_FONT if _is_chinese(line) else "Helvetica", size)
    canvas.drawString(x, y, line)


def _wrapped(text: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        yield from textwrap.wrap(paragraph, _CJK_LINE if _is_chinese(paragraph) else _LATIN_LINE) or [""]


def _is_chinese(text: str) -> bool:
    return any(character >= _CJK_FROM for character in text)


def _print(lines: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Draw lines as a scanner at 200 dpi would see them."""
    scale = _SCAN_DPI / 72
    picture = np.full((round(HEIGHT * scale), round(WIDTH * scale)), _WHITE, np.uint8)
    for number, line in enumerate(lines):
        _write(picture, line, round(_MARGIN * scale), round((_MARGIN + number * _LEADING) * scale), 30)
    noise = np.random.default_rng(7).normal(0, 6, picture.shape)
    noisy: npt.NDArray[np.uint8] = (picture + noise).clip(0, 255).astype(np.uint8)
    return noisy


def _write(picture: npt.NDArray[np.uint8], text: str, x: int, y: int, size: int) -> None:
    """Write with the Unicode font inside OpenCV: no font file is needed, Chinese included."""
    if text:
        colour = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        cv2.putText(colour, text, (x, y), (20, 20, 20), cv2.FontFace("uni"), size)
        picture[:] = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)


def _jpeg(picture: npt.NDArray[np.uint8]) -> Any:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=70)
    buffer.seek(0)
    return ImageReader(buffer)


def _rewritten(
    path: Path,
    *,
    rotate: int = 0,
    crop: tuple[float, float, float, float] | None = None,
    encrypt: tuple[str, str] | None = None,
) -> Path:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(path.read_bytes())))
    for page in writer.pages:
        if rotate:
            page.rotate(rotate)
        if crop:
            page.cropbox = RectangleObject(crop)
    if encrypt:
        writer.encrypt(encrypt[0], encrypt[1], algorithm="AES-256")
    writer.write(path)
    return path
