"""The second opinion: read with pypdf what pdfium cannot. For child processes only; errors end the process."""

import time
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pypdf import PasswordType, PdfReader

from tools.errors import NoPagesError, PasswordNeededError, WrongPasswordError
from tools.pdf.document import RefusedError
from tools.pdf.normalize import normalize
from tools.pdf.pages import Inspection, PageRead
from tools.pdf.routing import PageSigns, decide, figures_of, measure_text

if TYPE_CHECKING:
    from langchain_core.document_loaders import BaseLoader


def inspect(path: str, password: str | None) -> Inspection:
    """Open a file with pypdf and say what it is.

    Raises:
        RefusedError: It asks for another password or has no page.
    """
    reader = _open(path, password)
    pages = len(reader.pages)
    if not pages:
        raise RefusedError(NoPagesError.code)
    title = reader.metadata.title if reader.metadata else None
    return Inspection(pages, str(title or "").strip(), encrypted=reader.is_encrypted, engine="pypdf")


def load_pages(path: str, password: str | None, pages: Sequence[int]) -> Iterator[PageRead]:
    """Read pages of a file that pdfium cannot open, with LangChain's loader, in the order of the file."""
    sizes = _open(path, password).pages
    started = time.perf_counter()
    for document in _loader(path, password).lazy_load():
        number = int(document.metadata["page"]) + 1
        if number in pages:
            size = sizes[number - 1].mediabox
            yield _finding(number, document.page_content, float(size.width), float(size.height), started)
        started = time.perf_counter()


def read_pages(path: str, password: str | None, pages: Sequence[int]) -> Iterator[PageRead]:
    """Read pages one by one with pypdf itself, so that a bad one does not take the others along."""
    reader = _open(path, password)
    for number in pages:
        started = time.perf_counter()
        page = reader.pages[number - 1]
        yield _finding(number, page.extract_text(), float(page.mediabox.width), float(page.mediabox.height), started)


def _open(path: str, password: str | None) -> PdfReader:
    """Open a file, but not with an empty owner password, which pypdf takes when the user password is missing."""
    reader = PdfReader(path)
    if reader.is_encrypted:
        accepted = reader.decrypt(password or "")
        if accepted == PasswordType.NOT_DECRYPTED or (accepted == PasswordType.OWNER_PASSWORD and not password):
            problem = WrongPasswordError if password else PasswordNeededError
            raise RefusedError(problem.code)
    return reader


def _loader(path: str, password: str | None) -> "BaseLoader":
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=r".*langchain-community.* is being sunset", category=DeprecationWarning
        )
        from langchain_community.document_loaders import PyPDFLoader  # noqa: PLC0415 - takes seconds, rarely needed
    return PyPDFLoader(path, password=password or None)


def _finding(number: int, raw: str, width: float, height: float, started: float) -> PageRead:
    """Judge a page by its text alone; there is no picture of it that OCR could read."""
    signs = measure_text(raw)
    route = decide(signs, PageSigns(unmapped=1.0))  # pypdf does not tell: believe only what reads like words
    good = signs.characters > 0 and route.decision == "text"
    return PageRead(
        page=number,
        decision="text" if good else "failed",
        reason="second-reader" if good else "unreadable",
        text=normalize(raw.splitlines()) if good else "",
        width=round(width, 2),
        height=round(height, 2),
        figures=figures_of(signs, None),
        seconds=round(time.perf_counter() - started, 4),
    )
