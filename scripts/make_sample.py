"""Make `examples/sample.pdf`: five pages about an invented town, for a first try and for the tests.

Prose, two tables, a page in Chinese and a scanned letter without a text layer. `python -m scripts.make_sample`.
"""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import reportlab
from PIL import Image, ImageFilter
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, Paragraph, Spacer, Table

EXAMPLES = Path(__file__).parents[1] / "examples"
TITLE = "Report on the pump trial"
BOARD = "Alder Weir Water Board"
Rule = tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]
"""A command of a table style; what stands after its two corners depends on the command."""

MARGIN = 25 * mm
SCAN_DPI = 150
SEED = 1961

SUMMARY = """\
# Summary

From 1 April to 30 September 2024 the Alder Weir Water Board ran two electric pumps in turn at the Mill Lane well. The
aim was to choose a successor to the piston pump of 1961, which serves 1,840 people and stopped eleven times in its
last year.

The Larkspur 40 is a centrifugal pump made by Brandt and Oake. The Merrin C2 is a screw pump made by Merrin Works.
They changed over every week, so that both met wet and dry weather.

The trial cost 48,310 euros in total, which is 1,690 euros less than the 50,000 euros the council had set aside. The
hire of the two pumps was the largest item; page 3 lists them all.

The board recommends the Merrin C2. It used 18 per cent less electricity for each cubic metre of water, and it stopped
twice in six months, against nine stops of the Larkspur 40. It costs 6,200 euros more to buy; the board expects the
electricity saved to pay for the difference within four years.

# What the board asks of the council

1. To buy two Merrin C2 pumps for 71,400 euros: one to work, one to stand by.

2. To keep the piston pump of 1961 in the pump house, as a museum piece.

3. To have the water tested every three months in the first year, instead of every six.
"""
COURSE = """\
# How the trial was run

The well at Mill Lane was drilled in 1958 and is 64 metres deep. At the start of the trial the water stood 21 metres
below the ground; at its lowest, on 29 August, it stood at 26 metres.

The pumps changed over every Monday morning. Ines Calder read the flow meter and the electricity meter at six o'clock
each day and wrote both figures into the pump book. No reading is missing.

# What went wrong

The Larkspur 40 stopped nine times. Six stops came from a shaft seal that ran hot, and three from sand in the inlet.
The longest lasted 31 hours, from 6 to 7 August, while a new seal was fetched from the port.

The Merrin C2 stopped twice, both times because a float switch stuck. The switch was replaced on 20 August and has not
stuck since.

On 19 July a thunderstorm cut the power to the whole town for four hours. Nobody went without water, because the tower
on Castle Hill holds 420 cubic metres, enough for about fourteen hours.

# The quality of the water

The county laboratory tested 24 samples. Nitrate never rose above 11 milligrams per litre; the limit is 50. Hardness
stayed between 14 and 16 German degrees, as before. One sample, of 3 June, was cloudy, and another was taken the next
day; it was clear.
"""
MONTHS = (
    ("", "Larkspur 40", "", "", "Merrin C2", "", ""),
    ("Month", "m³", "kWh", "stops", "m³", "kWh", "stops"),
    ("April", "9,120", "4,560", "1", "9,240", "3,790", "0"),
    ("May", "9,680", "4,850", "2", "9,530", "3,905", "0"),
    ("June", "10,440", "5,230", "1", "10,510", "4,310", "1"),
    ("July", "11,870", "5,920", "2", "11,960", "4,900", "0"),
    ("August", "12,150", "6,080", "2", "12,080", "4,955", "1"),
    ("September", "9,740", "4,860", "1", "9,690", "3,975", "0"),
    ("Total", "63,000", "31,500", "9", "63,010", "25,835", "2"),
)
COSTS = (
    ("Item", "Euros"),
    ("Hire of the two pumps for six months", "21,600"),
    ("Foundation and pipework", "9,850"),
    ("Electricity, 57,335 kWh", "8,030"),
    ("Overtime of the pump house staff", "4,120"),
    ("Water tests, 24 samples at 145 euros", "3,480"),
    ("Report and printing", "1,230"),
    ("Total", "48,310"),
)
CHINESE = """\
# 水泵试验摘要

本页写给友好城镇柳溪镇的朋友们，概述2024年桤木堰镇水泵试验的结果。

试验从4月1日到9月30日，共183天。两台水泵轮流工作，每周一上午换泵。

# 噪声

在磨坊巷学校的围墙处，旧水泵的夜间噪声为61分贝。云雀40降到51分贝，梅林C2降到38分贝。家长们因此一致支持
梅林C2。

# 代表团来访

柳溪镇代表团一行七人于2024年6月12日参观了水泵房，团长是水务工程师沈若兰。代表团建议在水泵房的屋顶安装太阳
能板。水务局估计，太阳能板每年可以提供水泵所需电量的三成。

# 下一步

如果镇议会批准，新水泵将于2025年10月开始供水。
"""
LETTER = """\
Dear Mr Halloran,

Thank you for the figures of your trial, which we have read with pleasure. We confirm our offer for two Merrin C2
pumps as follows.

The guarantee runs for seven years on the bearings and for three years on the motor. Spare parts will be kept in stock
until 2045.

Delivery takes eleven weeks from the day of your order. Two of our fitters will install the pumps; they need four
days.

This offer stands until 30 June 2025.

Yours sincerely,
"""


def main() -> int:
    """Write the sample into `examples/`."""
    target = EXAMPLES / "sample.pdf"
    target.write_bytes(make_sample())
    print(f"{target.name}: {target.stat().st_size:,} bytes")
    return 0


def make_sample() -> bytes:
    """Return the PDF; the same bytes each time with the same versions of the libraries that draw it."""
    _register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(TITLE)
    canvas.setAuthor(BOARD)
    _draw_page(canvas, 1, [*_title(), *_prose(SUMMARY)])
    _draw_page(canvas, 2, _prose(COURSE))
    _draw_page(canvas, 3, _tables())
    _draw_page(canvas, 4, _prose(CHINESE, font="Chinese", bold="Chinese", wrap="CJK"))
    canvas.drawImage(ImageReader(_scan(_letter())), 0, 0, *A4)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _register_fonts() -> None:
    vera = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont("Body", vera / "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Bold", vera / "VeraBd.ttf"))
    pdfmetrics.registerFont(TTFont("Chinese", EXAMPLES / "sample-cjk.ttf"))


def _draw_page(canvas: Canvas, number: int, content: list[Flowable]) -> None:
    width, height = A4
    frame = Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN, 0, 0, 0, 0)
    frame.addFromList(content, canvas)
    if content:
        message = f"page {number} of the sample is too full"
        raise ValueError(message)
    canvas.setFont("Body", 8)
    canvas.setFillColor(HexColor("#666666"))
    canvas.drawString(MARGIN, 14 * mm, f"{BOARD} · {TITLE}")
    canvas.drawRightString(width - MARGIN, 14 * mm, str(number))
    canvas.showPage()


def _title() -> list[Flowable]:
    title = ParagraphStyle("title", fontName="Bold", fontSize=21, leading=30, textColor=HexColor("#17405c"))
    line = ParagraphStyle("line", fontName="Body", fontSize=10.5, leading=16, textColor=HexColor("#666666"))
    return [Paragraph(TITLE, title), Paragraph(f"{BOARD}, 14 March 2025", line), Spacer(0, 6 * mm)]


def _prose(text: str, *, font: str = "Body", bold: str = "Bold", wrap: str = "LTR") -> list[Flowable]:
    """Set paragraphs; those that begin with `# ` are headings."""
    body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=16.5, spaceAfter=8, wordWrap=wrap)
    blue = HexColor("#17405c")
    head = ParagraphStyle("head", body, fontName=bold, fontSize=14, leading=20, spaceBefore=12, textColor=blue)
    paragraphs = _paragraphs(text, joint="" if wrap == "CJK" else " ")
    return [Paragraph(one.removeprefix("# "), head if one.startswith("# ") else body) for one in paragraphs]


def _paragraphs(text: str, joint: str = " ") -> list[str]:
    return [paragraph.replace("\n", joint) for paragraph in text.strip().split("\n\n")]


def _tables() -> list[Flowable]:
    (heading,) = _prose("# The figures")
    (months,) = _prose("Table 1. Water pumped, electricity used and stops, by month of 2024.")
    (note,) = _prose("In the half-year the Larkspur 40 used 0.50 kWh for each cubic metre, the Merrin C2 0.41 kWh.")
    (costs,) = _prose("Table 2. What the trial cost.")
    makers: list[Rule] = [("SPAN", (1, 0), (3, 0)), ("SPAN", (4, 0), (6, 0))]
    columns = [30 * mm, *[26 * mm, 22 * mm, 17 * mm] * 2]
    wide = Table(MONTHS, colWidths=columns, style=[*_table_style(2), *makers], hAlign="LEFT")
    narrow = Table(COSTS, colWidths=[90 * mm, 30 * mm], style=_table_style(1), hAlign="LEFT")
    return [heading, months, wide, Spacer(0, 4 * mm), note, Spacer(0, 8 * mm), costs, narrow]


def _table_style(head_rows: int) -> list[Rule]:
    rule = HexColor("#17405c")
    return [
        ("FONT", (0, 0), (-1, -1), "Body", 9.5, 13),
        ("FONT", (0, 0), (-1, head_rows - 1), "Bold", 9.5, 13),
        ("FONT", (0, -1), (-1, -1), "Bold", 9.5, 13),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, head_rows - 1), (-1, head_rows - 1), 0.8, rule),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, rule),
        ("LINEBELOW", (0, head_rows), (-1, -3), 0.25, HexColor("#cccccc")),
    ]


def _letter() -> bytes:
    """Return a one-page PDF of a typed, signed and stamped letter."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    width, height = A4
    head = ParagraphStyle("maker", fontName="Times-Bold", fontSize=22, leading=28, alignment=TA_CENTER)
    small = ParagraphStyle("address", fontName="Times-Roman", fontSize=11, leading=15, alignment=TA_CENTER)
    text = ParagraphStyle("text", fontName="Times-Roman", fontSize=13, leading=20, spaceAfter=10)
    content: list[Flowable] = [
        Paragraph("MERRIN WORKS", head),
        Paragraph("Pumps and winches · Quay Street 8, Saltmarsh", small),
        Spacer(0, 14 * mm),
        Paragraph(f"{BOARD}<br/>Mill Lane 1<br/>Alder Weir", text),
        Paragraph("21 February 2025<br/>Our reference: MW-2207", text),
        Spacer(0, 6 * mm),
        *(Paragraph(paragraph, text) for paragraph in _paragraphs(LETTER)),
        Spacer(0, 20 * mm),
        Paragraph("Tobias Okafor<br/>Sales engineer", text),
    ]
    Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN, 0, 0, 0, 0).addFromList(content, canvas)
    _sign(canvas, MARGIN, 94 * mm)
    _stamp(canvas, width - 75 * mm, 55 * mm)
    canvas.save()
    return out.getvalue()


def _sign(canvas: Canvas, x: float, y: float) -> None:
    canvas.setStrokeColor(Color(0.15, 0.15, 0.2))
    canvas.setLineWidth(1.3)
    strokes = ((0, 12, 15, 40, 18, 22, 12, 0), (4, 30, 20, 36, 34, 34, 40, 30), (24, 8, 38, 26, 44, -4, 58, 14))
    for x1, y1, x2, y2, x3, y3, x4, y4 in (*strokes, (58, 14, 74, 30, 80, -6, 118, 12)):
        canvas.bezier(x + x1, y + y1, x + x2, y + y2, x + x3, y + y3, x + x4, y + y4)


def _stamp(canvas: Canvas, x: float, y: float) -> None:
    canvas.saveState()
    canvas.translate(x, y)
    canvas.rotate(8)
    canvas.setStrokeColor(Color(0.35, 0.35, 0.35))
    canvas.setFillColor(Color(0.35, 0.35, 0.35))
    canvas.setLineWidth(1.5)
    canvas.roundRect(0, 0, 46 * mm, 16 * mm, 6)
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawCentredString(23 * mm, 9 * mm, "RECEIVED")
    canvas.setFont("Helvetica", 11)
    canvas.drawCentredString(23 * mm, 3.5 * mm, "24 February 2025")
    canvas.restoreState()


def _scan(page: bytes) -> io.BytesIO:
    """Turn a page into what an office scanner makes of it: grey, a little askew, soft and noisy."""
    with pypdfium2.PdfDocument(page) as document:
        sheet = document[0].render(scale=SCAN_DPI / 72, grayscale=True).to_pil().convert("L")
    askew = sheet.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=255)
    soft = np.asarray(askew.filter(ImageFilter.GaussianBlur(0.6)), dtype=float)
    noise = np.random.default_rng(SEED).normal(0, 4, soft.shape)
    shade = np.linspace(0, 10, soft.shape[1])
    grey = np.clip(soft * 0.9 + 14 + noise - shade, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "JPEG", quality=45, dpi=(SCAN_DPI, SCAN_DPI))
    out.seek(0)
    return out


if __name__ == "__main__":
    sys.exit(main())
