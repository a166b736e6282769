"""Read PDFs safely: every byte of a file is parsed in child processes with limits on memory and time."""

import asyncio
from base64 import b64decode
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from tools.errors import (
    DamagedPdfError,
    DocumentError,
    EmptyFileError,
    MissingFileError,
    NoPagesError,
    NotAPdfError,
    PasswordNeededError,
    TooLargeError,
    WorkerError,
    WorkerTimeoutError,
    WrongPasswordError,
)
from tools.pdf.pages import Inspection, PageRead
from tools.types import Box
from tools.worker import Message, WorkerLimits, WorkerPool

_CHILD = "tools.pdf.child"
_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024
_REFUSALS: dict[str, type[DocumentError]] = {
    error.code: error for error in (DamagedPdfError, NoPagesError, PasswordNeededError, WrongPasswordError)
}


@dataclass(frozen=True)
class PdfLimits:
    """What one PDF may cost."""

    max_bytes: int = 200 * 1024 * 1024
    max_pages: int = 5000
    memory_bytes: int = 1 << 30
    """Address space of a child; a 667-page annual report needs 30 MB, a decompression bomb takes what it gets."""
    open_timeout_s: float = 30.0
    page_timeout_s: float = 10.0
    children: int = 2
    """How many files are read at the same time; as many again serve single calls and second opinions."""


class PdfReader:
    """Opens, reads and searches PDFs in child processes. Close it to stop them.

    Three pools, so that none waits for another: one that reads whole documents, one for single calls that people wait
    for, and one for second opinions.
    """

    def __init__(self, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        self._readers = self._pool(max_requests=20)
        self._viewers = self._pool(max_requests=200)
        self._seconds = self._pool(max_requests=20)

    async def inspect(self, path: Path, *, name: str, password: str | None = None) -> Inspection:
        """Open a file and say how many pages it has; `name` is what errors call it.

        Raises:
            DocumentError: The file cannot be taken; the subclass says why.
        """
        await asyncio.to_thread(_check_file, path, name, self._limits.max_bytes)
        request = {"path": str(path), "password": password}
        reply = await self._opened(self._viewers, {"task": "inspect", **request})
        if reply.get("refused") == DamagedPdfError.code:
            reply = await self._opened(self._seconds, {"task": "inspect-again", **request})
        if refusal := reply.get("refused"):
            raise _REFUSALS[refusal](name, reply.get("detail", ""))
        inspection = Inspection(**reply)
        if inspection.pages > self._limits.max_pages:
            raise TooLargeError(name, f"{inspection.pages} pages, at most {self._limits.max_pages} are taken")
        return inspection

    async def read_pages(
        self, path: Path, *, name: str, password: str | None = None, pages: Sequence[int] | None = None
    ) -> AsyncIterator[PageRead]:
        """Yield a finding for each page asked for, all of them when `pages` is `None`, in ascending order.

        A page that ends or hangs its child is tried once more with pypdf; if that does not help it is yielded as
        `failed`, and reading goes on behind it.

        Raises:
            DocumentError: The file cannot be taken; the subclass says why.
        """
        inspection = await self.inspect(path, name=name, password=password)
        todo = deque(sorted(set(pages)) if pages is not None else range(1, inspection.pages + 1))
        request = {"path": str(path), "password": password}
        task = "read" if inspection.engine == "pdfium" else "load"
        while todo:
            async with aclosing(self._findings(task, list(todo), request)) as findings:
                async for finding in findings:
                    todo.popleft()
                    yield finding if task == "read-again" else await self._or_again(finding, request)
            task = "read" if task == "read" else "read-again"

    async def locate(
        self, path: Path, *, page: int, quote: str, start: int = 0, password: str | None = None
    ) -> list[Box]:
        """Return the boxes of a quote on a page with a text layer, one per line, empty when it is not found.

        `start` is the quote's offset in the stored text; it picks one of several occurrences.

        Raises:
            WorkerError: The child died or hung over it.
        """
        request = {"task": "locate", "path": str(path), "password": password}
        reply = await self._single(self._viewers, {**request, "page": page, "quote": quote, "start": start})
        return [(box[0], box[1], box[2], box[3]) for box in reply.get("boxes", [])]

    async def draw(
        self, path: Path, *, page: int, boxes: Sequence[Box] = (), dpi: int = 110, password: str | None = None
    ) -> bytes:
        """Return a PNG of a page with boxes (points as shown, origin at the top left) marked on it.

        Raises:
            WorkerError: The child died or hung over it.
        """
        request = {"task": "draw", "path": str(path), "password": password}
        reply = await self._single(self._viewers, {**request, "page": page, "boxes": list(boxes), "dpi": dpi})
        if "png" not in reply:
            message = f"page {page} cannot be drawn ({reply})"
            raise WorkerError(message)
        return b64decode(reply["png"])

    async def close(self) -> None:
        """Stop the child processes."""
        await asyncio.gather(self._readers.close(), self._viewers.close(), self._seconds.close())

    def _pool(self, max_requests: int) -> WorkerPool:
        limits = WorkerLimits(self._limits.memory_bytes)
        return WorkerPool(_CHILD, size=self._limits.children, limits=limits, max_requests=max_requests)

    async def _opened(self, pool: WorkerPool, request: Message) -> Message:
        """Return what a child says of a file; one that dies of it when opening it says that it is damaged."""
        try:
            return await self._single(pool, request)
        except WorkerError:
            return {"refused": DamagedPdfError.code}

    async def _single(self, pool: WorkerPool, request: Message) -> Message:
        replies = [reply async for reply in pool.ask(request, timeout_s=self._limits.open_timeout_s)]
        return replies[0]

    async def _findings(self, task: str, pages: Sequence[int], request: Message) -> AsyncGenerator[PageRead, None]:
        """Yield findings up to the first page that ends the child, and for that page that it failed."""
        pool = self._readers if task == "read" else self._seconds
        left = deque(pages)
        reason = "reader-died"
        try:
            async with aclosing(self._replies(pool, {"task": task, "pages": pages, **request})) as replies:
                async for reply in replies:
                    left.popleft()
                    yield _finding(reply)
        except WorkerTimeoutError:
            reason = "time-limit"
        except WorkerError:
            pass
        if left:
            yield _failed(left[0], reason)

    async def _replies(self, pool: WorkerPool, request: Message) -> AsyncGenerator[Message, None]:
        """Yield the replies about pages; the one before them says that the file is open and may take longer."""
        limits = {"timeout_s": self._limits.page_timeout_s, "first_timeout_s": self._limits.open_timeout_s}
        async with aclosing(pool.ask(request, **limits)) as replies:
            async for reply in replies:
                if "page" in reply:
                    yield reply

    async def _or_again(self, finding: PageRead, request: Message) -> PageRead:
        """Try a page that failed once more with the other reader."""
        if finding.decision != "failed":
            return finding
        async with aclosing(self._findings("read-again", [finding.page], request)) as findings:
            second = await anext(findings)
        return second if second.decision != "failed" else replace(second, reason=finding.reason)


def _check_file(path: Path, name: str, max_bytes: int) -> None:
    """Refuse what is visibly no PDF, before any parser sees it."""
    if not path.is_file():
        raise MissingFileError(name)
    size = path.stat().st_size
    if size == 0:
        raise EmptyFileError(name)
    if size > max_bytes:
        raise TooLargeError(name, f"{size} bytes, at most {max_bytes} are taken")
    with path.open("rb") as file:
        if _HEADER not in file.read(_HEADER_WITHIN + len(_HEADER)):
            raise NotAPdfError(name)


def _finding(reply: Message) -> PageRead:
    if "failed" in reply:
        return _failed(reply["page"], "page-damaged")
    regions = tuple((box[0], box[1], box[2], box[3]) for box in reply.pop("regions"))
    return PageRead(regions=regions, **reply)


def _failed(page: int, reason: str) -> PageRead:
    return PageRead(page=page, decision="failed", reason=reason, text="")
