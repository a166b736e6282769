"""Ingest in the background: files are taken in after the request that brought them, and after a restart."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from graphs.ingest import build_file_graph, build_ingest_graph
from graphs.state import IngestFile, SecretContext
from server.bootstrap import Service
from server.errors import INTERNAL
from tools.errors import PageloomError
from tools.store import UnfinishedDocument
from tools.types import IngestedDocument

_FILES_AT_ONCE = 4
_RETRY_S = 30.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One registered document whose pages are to be read."""

    document_id: str
    collection: str
    name: str
    sha256: str
    password: str | None = field(default=None, repr=False)


class IngestJobs:
    """Reads registered documents a few at a time and gives their chunks vectors afterwards.

    A document has at most one job. What a stopped process leaves unfinished, `resume` takes up; a password is kept in
    memory only, so an encrypted document that was not finished then fails with `password_needed`.
    """

    def __init__(self, service: Service, *, files_at_once: int = _FILES_AT_ONCE, retry_s: float = _RETRY_S) -> None:
        self._service = service
        self._file_graph = build_file_graph(service.agents.ingest)
        self._ingest_graph = build_ingest_graph(service.agents.ingest)
        self._slots = asyncio.Semaphore(files_at_once)
        self._retry_s = retry_s
        self._jobs: dict[str, asyncio.Task[IngestedDocument]] = {}
        self._vectors_wanted = asyncio.Event()
        self._vectors = asyncio.create_task(self._keep_vectors())

    def submit(self, job: Job) -> asyncio.Task[IngestedDocument]:
        """Read a document in the background, unless that is being done; cancelling the caller does not stop it."""
        task = self._jobs.get(job.document_id)
        if task is None:
            task = self._jobs[job.document_id] = asyncio.create_task(self._run(job))
            task.add_done_callback(lambda _: self._jobs.pop(job.document_id, None))
        return task

    async def resume(self) -> None:
        """Take up the documents that were not finished, and the chunks that still lack a vector."""
        for document in await asyncio.to_thread(self._service.store.unfinished):
            self.submit(_to_job(document))
        self._vectors_wanted.set()

    async def cancel(self, document_id: str) -> None:
        """Stop the job of a document, if it has one."""
        if task := self._jobs.get(document_id):
            await _stop(task)

    async def close(self) -> None:
        """Stop everything; what is not finished is taken up after the next start."""
        await _stop(self._vectors, *self._jobs.values())

    async def _run(self, job: Job) -> IngestedDocument:
        async with self._slots:
            outcome = await self._ingest(job)
        if outcome["state"] == "failed":
            await asyncio.to_thread(
                self._service.store.fail, job.document_id, code=outcome["code"] or "", message=outcome["message"]
            )
        self._vectors_wanted.set()
        return outcome

    async def _ingest(self, job: Job) -> IngestedDocument:
        path = self._service.files.path(job.sha256)
        file = IngestFile(path=str(path), name=job.name, shown=job.name)
        try:
            result = await self._file_graph.ainvoke(
                {"file": file, "collection": job.collection}, context=SecretContext(job.password)
            )
        except PageloomError as error:
            return _failure(job, error.code, str(error))
        except Exception:
            _logger.exception("ingest of document %s failed", job.document_id)
            return _failure(job, INTERNAL, f"{job.name!r} could not be taken in; the server's log says why")
        outcome: IngestedDocument = result["ingested"][0]
        return outcome

    async def _keep_vectors(self) -> None:
        """Embed whatever lacks a vector each time something was ingested; try again when the embeddings fail."""
        while True:
            await self._vectors_wanted.wait()
            self._vectors_wanted.clear()
            try:
                await self._ingest_graph.ainvoke({"files": []})
            except Exception:
                _logger.exception("embedding failed; trying again in %g s, keyword search works", self._retry_s)
                await asyncio.sleep(self._retry_s)
                self._vectors_wanted.set()


@asynccontextmanager
async def open_jobs(service: Service) -> AsyncIterator[IngestJobs]:
    """Start the background work, taking up what was left unfinished, and stop it again."""
    jobs = IngestJobs(service)
    try:
        await jobs.resume()
        yield jobs
    finally:
        await jobs.close()


async def _stop(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _to_job(document: UnfinishedDocument) -> Job:
    return Job(document.id, document.collection, document.name, document.sha256)


def _failure(job: Job, code: str, message: str) -> IngestedDocument:
    return IngestedDocument(
        path=job.name,
        name=job.name,
        id=job.document_id,
        state="failed",
        code=code,
        message=message,
        pages=0,
        page_kinds={},
    )
