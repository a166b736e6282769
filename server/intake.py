"""The way in for files that come over the network: written down, inspected, registered, handed to a job."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from graphs.state import IngestFile
from server.bootstrap import Service
from server.jobs import IngestJobs, Job
from tools.errors import DocumentError, PageloomError, TooLargeError, WorkerError
from tools.types import IngestedDocument

_UNNAMED = "document.pdf"
_LONGEST_NAME = 200
_LEFTOVER_AFTER_S = 86_400


@dataclass(frozen=True)
class Receipt:
    """What became of one file so far."""

    name: str
    id: str | None
    """`None` when the file was not taken."""
    state: Literal["queued", "unchanged", "failed"]
    pages: int
    error: PageloomError | None = None
    """Set exactly when the state is `failed`."""
    job: asyncio.Task[IngestedDocument] | None = None
    """Set exactly when the state is `queued`."""


class Intake:
    """Takes files in; whoever sends them learns at once whether they can be taken."""

    def __init__(self, service: Service, jobs: IngestJobs) -> None:
        self._service = service
        self._jobs = jobs
        self._directory = service.settings.data_dir / "incoming"
        self._directory.mkdir(parents=True, exist_ok=True)
        _sweep(self._directory)

    async def take(
        self, blocks: AsyncIterator[bytes], *, name: str, collection: str | None = None, password: str | None = None
    ) -> Receipt:
        """Take one file in; a file that cannot be taken is a receipt that says why.

        Args:
            blocks: The file's bytes; reading stops where it grows too large.
            name: The file as the sender calls it; only its base name counts.
            collection: Where it goes; the configured collection by default.
            password: Opens it when it is encrypted.
        """
        name, collection = base_name(name), collection or self._service.settings.collection
        path = await asyncio.to_thread(_make_scratch_file, self._directory)
        try:
            await self._write(path, blocks, name)
            admitted = await self._service.agents.ingest.admit(
                IngestFile(path=str(path), name=name, shown=name), collection, password
            )
        except (DocumentError, WorkerError) as error:
            return Receipt(name, None, "failed", 0, error=error)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        if admitted.state == "unchanged":
            return Receipt(name, admitted.document_id, "unchanged", admitted.pages)
        job = self._jobs.submit(Job(admitted.document_id, collection, admitted.name, admitted.sha256, password))
        return Receipt(name, admitted.document_id, "queued", admitted.pages, job=job)

    async def _write(self, path: Path, blocks: AsyncIterator[bytes], name: str) -> None:
        most, size = self._service.settings.max_file_bytes, 0
        async for block in blocks:
            size += len(block)
            if size > most:
                raise TooLargeError(name, f"more than {most} bytes")
            await asyncio.to_thread(_append, path, block)


def base_name(name: str) -> str:
    """Return the last part of a file's name as either kind of system writes paths, without unprintable characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[-_LONGEST_NAME:] if printable.strip(".") else _UNNAMED


def _make_scratch_file(directory: Path) -> Path:
    """Make a file to write to; its name owes nothing to what the sender called it."""
    with tempfile.NamedTemporaryFile(dir=directory, delete=False) as stream:
        return Path(stream.name)


def _append(path: Path, block: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(block)


def _sweep(directory: Path) -> None:
    """Delete what a process left behind that was killed during an upload."""
    for path in directory.iterdir():
        if time.time() - path.stat().st_mtime > _LEFTOVER_AFTER_S:
            path.unlink(missing_ok=True)
