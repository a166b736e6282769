"""Progress bars on a terminal, driven by the events of an ingest."""

import threading
from typing import Any, TextIO
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from tqdm import tqdm
from typing_extensions import override

_NAME_SHOWN = 32


class ProgressBars(BaseCallbackHandler):
    """Draws a bar for the pages of each document and one for the vectors; does nothing unless it writes to a terminal.

    Its hooks in order::

        for each batch of pages:
            on_custom_event("ingest_progress", {"step": "pages", "document": …, "done": …, "total": …})
        for each batch of vectors:
            on_custom_event("ingest_progress", {"step": "vectors", "done": …, "total": …})
        close()
    """

    run_inline = True  # in the caller's own order, not in whatever order threads would run

    def __init__(self, stream: TextIO, *, event: str = "ingest_progress") -> None:
        """Draw on a stream.

        Args:
            stream: Where the bars go, usually stderr.
            event: Name of the custom event to listen for.
        """
        self._stream = stream
        self._event = event
        self._active = stream.isatty()
        self._bars: dict[str, tqdm[Any]] = {}
        self._lock = threading.Lock()

    @override
    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Move the bar that the event is about."""
        if not self._active or name != self._event:
            return
        try:
            label = str(data["document"]) if data["step"] == "pages" else str(data["step"])
            done, total = int(data["done"]), int(data["total"])
        except (KeyError, TypeError, ValueError):  # an event of a shape that is not known here
            return
        with self._lock:
            self._move(label, done, total, "page" if data["step"] == "pages" else "vector")

    def write(self, line: str, stream: TextIO) -> None:
        """Print a line on a stream, above the bars when there are any."""
        if self._active:
            tqdm.write(line, file=stream)
        else:
            stream.write(line + "\n")

    def close(self) -> None:
        """Take the bars away; the next event draws new ones."""
        with self._lock:
            while self._bars:
                self._bars.popitem()[1].close()

    def _move(self, label: str, done: int, total: int, unit: str) -> None:
        """Draw or move a bar; one that is full goes, and work of one step never gets one."""
        if done >= total:
            if bar := self._bars.pop(label, None):
                bar.close()
            return
        if label not in self._bars:
            self._bars[label] = self._new_bar(label, total, unit)
        bar = self._bars[label]
        bar.n, bar.total = done, total
        bar.refresh()

    def _new_bar(self, label: str, total: int, unit: str) -> "tqdm[Any]":
        name = label if len(label) <= _NAME_SHOWN else f"…{label[1 - _NAME_SHOWN :]}"
        return tqdm(desc=name, total=total, unit=unit, file=self._stream, leave=False, dynamic_ncols=True)
