"""The way in for files that come over the network: written down, inspected, registered, handed to a job."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from server.bootstrap import Service
from server.jobs import IngestJobs, Job
from tools.errors import DocumentError, PageloomError, TooLargeError, WorkerError
from tools.pdf.pages import Inspection
from tools.store import NewDocument
from tools.store.files import digest_file
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
        name = base_name(name)
        with _scratch_file(self._directory) as path:
            try:
                await self._write(path, blocks, name)
                inspection = await self._service.agents.ingest.reader.inspect(path, name=name, password=password)
            except (DocumentError, WorkerError) as error:
                return Receipt(name, None, "failed", 0, error=error)
            new = await asyncio.to_thread(self._keep, path, name, inspection)
        return await self._register(new, collection or self._service.settings.collection, password)

    async def _write(self, path: Path, blocks: AsyncIterator[bytes], name: str) -> None:
        most, size = self._service.settings.max_file_bytes, 0
        with path.open("wb") as stream:
            async for block in blocks:
                size += len(block)
                if size > most:
                    raise TooLargeError(name, f"more than {most} bytes")
                await asyncio.to_thread(stream.write, block)

    def _keep(self, path: Path, name: str, inspection: Inspection) -> NewDocument:
        sha256 = digest_file(path)
        self._service.files.keep(path, sha256)
        return NewDocument(name, sha256, path.stat().st_size, inspection.pages, inspection.title)

    async def _register(self, new: NewDocument, collection: str, password: str | None) -> Receipt:
        known = await asyncio.to_thread(self._service.store.register, collection, new)
        if known.state == "unchanged":
            return Receipt(new.name, known.document_id, "unchanged", new.pages)
        job = self._jobs.submit(Job(known.document_id, collection, new.name, new.sha256, password))
        return Receipt(new.name, known.document_id, "queued", new.pages, job=job)


def base_name(name: str) -> str:
    """Return the last part of a file's name as either kind of system writes paths, without unprintable characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[-_LONGEST_NAME:] if printable.strip(".") else _UNNAMED


@contextmanager
def _scratch_file(directory: Path) -> Iterator[Path]:
    """Give a file to write to; its name owes nothing to what the sender called it."""
    with tempfile.NamedTemporaryFile(dir=directory, delete=False) as stream:
        path = Path(stream.name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sweep(directory: Path) -> None:
    """Delete what a process left behind that was killed during an upload."""
    for path in directory.iterdir():
        if time.time() - path.stat().st_mtime > _LEFTOVER_AFTER_S:
            path.unlink(missing_ok=True)
