"""Make the ledger row of a page from its text layer and from what OCR read."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median_low

from tools.ocr.pages import OcrLine, OcrPage
from tools.pdf.language import guess_language
from tools.pdf.pages import PageRead
from tools.types import PageKind, PageRecord, TextLine

MIN_LINE_SCORE = 0.6
"""Lines below are specks and ornaments."""
MIN_PAGE_SCORE = 0.9
"""Pages below are scripts that the models do not know, or handwriting: what they yield is not text."""
_KNOWN_SHARE = 0.8
_PARAGRAPH_GAP = 1.4
"""Rows further apart than this many times the usual distance have a paragraph gap between them."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


def to_record(read: PageRead) -> PageRecord:
    """Turn a page that needs no OCR, or gets none, into its row of the ledger."""
    kinds: dict[str, PageKind] = {"text": "text", "blank": "blank", "failed": "failed", "ocr": "failed"}
    kind = kinds[read.decision]
    if read.decision == "ocr" and read.merge and read.text:
        kind = "text"
    return _record(read, kind, read.reason, read.text if kind == "text" else "")


def merge_ocr(read: PageRead, ocr: OcrPage) -> PageRecord:
    """Join the text layer of a page with what OCR read there.

    A text layer that is good stays, and OCR adds the lines it lacks. Otherwise the page is what OCR read: `failed`
    when that is not sure enough to be text, `blank` when there is nothing.
    """
    sure = replace(ocr, lines=tuple(line for line in ocr.lines if line.score >= MIN_LINE_SCORE))
    kept_text = read.text if read.merge else ""
    fresh = _lacking(sure.lines, kept_text) if kept_text else sure.lines
    seconds = round(read.seconds + ocr.seconds, 3)
    read = replace(read, seconds=seconds)
    if not fresh:
        return _without_ocr(read, kept_text, ocr)
    if sure.confidence < MIN_PAGE_SCORE:
        return _unsure(read, kept_text, sure.confidence)
    added, lines = _assemble(fresh, len(kept_text) + 2 if kept_text else 0)
    text = f"{kept_text}\n\n{added}" if kept_text else added
    return replace(_record(read, "ocr", read.reason, text), confidence=round(sure.confidence, 4), lines=lines)


def _without_ocr(read: PageRead, kept_text: str, ocr: OcrPage) -> PageRecord:
    if kept_text:
        return _record(read, "text", "nothing-added-by-ocr", kept_text)
    if ocr.lines:
        return replace(_record(read, "failed", "low-ocr-score", ""), confidence=round(ocr.confidence, 4))
    if read.text:
        return _record(read, "failed", "garbled-and-no-ocr", "")
    return _record(read, "blank", "nothing-found-by-ocr", "")


def _unsure(read: PageRead, kept_text: str, confidence: float) -> PageRecord:
    kind: PageKind = "text" if kept_text else "failed"
    return replace(_record(read, kind, "low-ocr-score", kept_text), confidence=round(confidence, 4))


def _record(read: PageRead, kind: PageKind, reason: str, text: str) -> PageRecord:
    return PageRecord(
        page=read.page,
        kind=kind,
        reason=reason,
        text=text,
        width=read.width,
        height=read.height,
        seconds=read.seconds,
        language=guess_language(text),
        figures=read.figures,
    )


def _lacking(lines: Sequence[OcrLine], text: str) -> tuple[OcrLine, ...]:
    """Return the lines whose words the text does not have yet; single signs in pictures are mostly not writing."""
    known = set(_words(text))
    return tuple(line for line in lines if len(line.text.strip()) > 1 and not _is_known(_words(line.text), known))


def _is_known(words: Sequence[str], known: set[str]) -> bool:
    return sum(word in known for word in words) >= _KNOWN_SHARE * len(words)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _assemble(pieces: Sequence[OcrLine], offset: int) -> tuple[str, tuple[TextLine, ...]]:
    """Join pieces of a row with blanks, rows with line breaks, paragraphs with an empty line; note their places."""
    text = ""
    lines = []
    for separator, piece in zip(_separators(pieces), pieces, strict=True):
        text += separator
        clean = " ".join(piece.text.split())
        lines.append(TextLine(offset + len(text), offset + len(text) + len(clean), piece.box))
        text += clean
    return text, tuple(lines)


def _separators(pieces: Sequence[OcrLine]) -> Iterator[str]:
    """Yield what stands before each piece."""
    steps = [_middle(piece) - _middle(before) for before, piece in pairwise(pieces)]
    downward = [step for step, (before, piece) in zip(steps, pairwise(pieces), strict=True) if piece.row > before.row]
    usual = median_low([step for step in downward if step > 1] or [0.0])
    yield ""
    for step, (before, piece) in zip(steps, pairwise(pieces), strict=True):
        if piece.row == before.row:
            yield " "
        else:
            yield "\n\n" if step > _PARAGRAPH_GAP * usual else "\n"


def _middle(piece: OcrLine) -> float:
    return (piece.box[1] + piece.box[3]) / 2
