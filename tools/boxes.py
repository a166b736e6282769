"""Where a quote stands on the picture of its page."""

import asyncio

from tools.errors import WorkerError
from tools.pdf.reader import PdfReader
from tools.store import FileStore, PageText, SqliteStore
from tools.types import Citation


class QuoteBoxes:
    """Finds boxes for citations: on recognised pages from the stored lines, on others in the file itself."""

    def __init__(self, reader: PdfReader, store: SqliteStore, files: FileStore) -> None:
        self._reader = reader
        self._store = store
        self._files = files

    async def find(self, citation: Citation) -> list[list[float]]:
        """Return the boxes of a citation, one a line, in PDF points from the top left of the page.

        Empty when the quote is not proven, when the file needs a password, or when its child process failed: a missing
        box never costs an answer.
        """
        if citation["status"] == "unverified":
            return []
        page = await asyncio.to_thread(self._store.page_text, citation["document_id"], citation["page"])
        recognised = _line_boxes(page, citation["start"], citation["end"])
        if recognised:
            return recognised
        try:
            boxes = await self._reader.locate(
                self._files.path(page.sha256), page=page.page, quote=citation["quote"], start=citation["start"]
            )
        except WorkerError:
            return []
        return [list(box) for box in boxes]


def _line_boxes(page: PageText, start: int, end: int) -> list[list[float]]:
    return [list(line.box) for line in page.lines if line.start < end and line.end > start]
