"""Recognise text on pages without a usable text layer, in a pool of child processes that stay."""

import os
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from tools.ocr.pages import OcrLine, OcrPage
from tools.types import Box
from tools.worker import WorkerLimits, WorkerPool


@dataclass(frozen=True)
class OcrLimits:
    """What OCR may cost."""

    workers: int = os.cpu_count() or 1
    """Pages read at the same time, one thread each; a worker takes about 1 GB."""
    page_timeout_s: float = 90.0
    start_timeout_s: float = 30.0
    """Added to the limit of the first page of a worker, which also loads the models."""
    memory_bytes: int = 6 << 30
    """Address space, of which the runtime reserves far more than it uses."""
    pages_per_worker: int = 50
    """The runtime keeps memory for every shape of page it has seen; a fresh process gives it back."""
    nice: int = 10


class OcrEngine:
    """Reads page pictures with the bundled PP-OCRv6 models. Starts nothing before the first page. Close it."""

    def __init__(self, limits: OcrLimits | None = None) -> None:
        self._limits = limits or OcrLimits()
        self._pool = WorkerPool(
            "tools.ocr.child",
            size=self._limits.workers,
            limits=WorkerLimits(self._limits.memory_bytes, threads=1, nice=self._limits.nice),
            max_requests=self._limits.pages_per_worker,
        )

    async def read_page(
        self, path: Path, *, page: int, password: str | None = None, regions: Sequence[Box] = ()
    ) -> OcrPage:
        """Render a page and recognise its lines; with `regions` only those parts of it.

        Raises:
            WorkerTimeoutError: The page took too long.
            WorkerError: The child died over it.
        """
        request = {"path": str(path), "page": page, "password": password, "regions": list(regions)}
        timeout_s = self._limits.page_timeout_s + self._limits.start_timeout_s
        async with aclosing(self._pool.ask(request, timeout_s=timeout_s)) as replies:
            reply = await anext(replies)
            async for _ in replies:
                pass
        lines = tuple(
            OcrLine(text, (box[0], box[1], box[2], box[3]), score, row) for text, box, score, row in reply["lines"]
        )
        return OcrPage(lines, reply["turned"], reply["seconds"])

    async def close(self) -> None:
        """Stop the child processes."""
        await self._pool.close()
