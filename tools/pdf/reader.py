"""Read PDFs safely: every byte of a file is parsed in child processes with limits on memory and time."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
    """How many files are read at the same time."""


class PdfReader:
    """Opens, reads and searches PDFs in child processes. Close it to stop them."""

    def __init__(self, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        self._pool = WorkerPool(
            "tools.pdf.child", size=self._limits.children, limits=WorkerLimits(self._limits.memory_bytes)
        )

    async def inspect(self, path: Path, *, name: str, password: str | None = None) -> Inspection:
        """Open a file and say how many pages it has; `name` is what errors call it.

        Raises:
            DocumentError: The file cannot be taken; the subclass says why.
        """
        await asyncio.to_thread(_check_file, path, name, self._limits.max_bytes)
        request = {"path": str(path), "password": password}
        reply = await self._opened({"task": "inspect", **request}, name)
        if reply.get("refused") == DamagedPdfError.code:
            reply = await self._opened({"task": "inspect-again", **request}, name)
        if refusal := reply.get("refused"):
            raise _REFUSALS[refusal](name, reply.get("detail", ""))
        inspection = Inspection(**reply)
        if inspection.pages > self._limits.max_pages:
            raise TooLargeError(name, f"{inspection.pages} pages, at most {self._limits.max_pages} are taken")
        if not inspection.pages:
            raise NoPagesError(name)
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
            problem: WorkerError | None = None
            async with aclosing(self._findings({"task": task, "pages": list(todo), **request})) as findings:
                while todo and problem is None:
                    try:
                        finding = await anext(findings)
                    except WorkerError as error:
                        problem = error
                    else:
                        todo.popleft()
                        yield await self._or_again(finding, request)
            if problem and task == "load":
                task = "read-again"
            elif problem:
                finding = _failed(todo.popleft(), _reason(problem))
                yield await self._or_again(finding, request) if task == "read" else finding

    async def locate(
        self, path: Path, *, page: int, quote: str, start: int = 0, password: str | None = None
    ) -> list[Box]:
        """Return the boxes of a quote on a page with a text layer, one per line, empty when it is not found.

        `start` is the quote's offset in the stored text; it picks one of several occurrences.

        Raises:
            WorkerError: The child died or hung over it.
        """
        request = {"task": "locate", "path": str(path), "password": password}
        reply = await self._first({**request, "page": page, "quote": quote, "start": start})
        return [(box[0], box[1], box[2], box[3]) for box in reply.get("boxes", [])]

    async def close(self) -> None:
        """Stop the child processes."""
        await self._pool.close()

    async def _opened(self, request: Message, name: str) -> Message:
        """Return the first reply; a child that dies of a file when opening it says that the file is damaged."""
        try:
            return await self._first(request)
        except WorkerError as error:
            if request["task"] == "inspect":
                return {"refused": DamagedPdfError.code}
            raise DamagedPdfError(name) from error

    async def _first(self, request: Message) -> Message:
        async with aclosing(self._pool.ask(request, timeout_s=self._limits.open_timeout_s)) as replies:
            first = await anext(replies)
            async for _ in replies:
                pass
            return first

    async def _findings(self, request: Message) -> AsyncGenerator[PageRead, None]:
        replies = self._pool.ask(
            request, timeout_s=self._limits.page_timeout_s, first_timeout_s=self._limits.open_timeout_s
        )
        async with aclosing(replies):
            async for reply in replies:
                if "failed" in reply:
                    yield _failed(reply["page"], "page-damaged")
                elif "page" in reply:
                    yield _finding(reply)
        message = "the child ended its answer early"
        raise WorkerError(message)

    async def _or_again(self, finding: PageRead, request: Message) -> PageRead:
        """Try a page that failed once more with the other reader."""
        if finding.decision != "failed":
            return finding
        again = {"task": "read-again", "pages": [finding.page], **request}
        try:
            async with aclosing(self._findings(again)) as findings:
                second = await anext(findings)
        except WorkerError:
            return finding
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


def _finding(reply: dict[str, Any]) -> PageRead:
    regions = tuple((box[0], box[1], box[2], box[3]) for box in reply.pop("regions", ()))
    return PageRead(regions=regions, **reply)


def _failed(page: int, reason: str) -> PageRead:
    return PageRead(page=page, decision="failed", reason=reason, text="")


def _reason(problem: WorkerError) -> str:
    return "time-limit" if isinstance(problem, WorkerTimeoutError) else "reader-died"
