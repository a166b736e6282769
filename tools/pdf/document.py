"""Open PDFs with pdfium, and end its errors here. For child processes only: pdfium can take its process down."""

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
from pypdfium2 import raw

from tools.errors import DamagedPdfError, PasswordNeededError, WrongPasswordError

_BAD_PASSWORD = "password"  # noqa: S105 - a word in pdfium's message, not a password


class RefusedError(Exception):
    """Raised in a child when a file does not open; the parent turns it into the `DocumentError` with that code."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class UnreadablePageError(Exception):
    """Raised in a child when one page cannot be loaded or read."""


@contextmanager
def open_document(path: str, password: str | None) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF and close it after use.

    Raises:
        RefusedError: It is damaged or asks for another password.
    """
    raw.FPDF_LoadDocument(b"", None)  # sets the last error: pdfium leaves it alone when it refuses a file without pages
    try:
        document = pdfium.PdfDocument(path, password=password)
    except pdfium.PdfiumError as error:
        raise _refusal(str(error), password) from error
    try:
        yield document
    finally:
        document.close()


@contextmanager
def open_page(document: pdfium.PdfDocument, number: int) -> Iterator[pdfium.PdfPage]:
    """Open a page by its 1-based number, with its annotations and form fields, and close it after use.

    Raises:
        UnreadablePageError: pdfium refuses the page or fails on it.
    """
    try:
        page = document[number - 1]
        try:
            yield page
        finally:
            page.close()
    except (pdfium.PdfiumError, ValueError, IndexError) as error:
        raise UnreadablePageError(str(error)) from error


def _refusal(message: str, password: str | None) -> RefusedError:
    if _BAD_PASSWORD in message.lower():
        return RefusedError((WrongPasswordError if password else PasswordNeededError).code)
    return RefusedError(DamagedPdfError.code, message)
