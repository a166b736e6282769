import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings
from typing_extensions import override

from server.bootstrap import Service, open_service
from server.jobs import IngestJobs, Job, open_jobs
from tests.fakes import ScriptedChatModel, WordEmbeddings
from tests.pdfs import encrypted_pdf, text_pdf
from tests.server.doors import PAGES, make_settings
from tools.store import NewDocument
from tools.store.files import digest_file

PASSWORD = "swordfish"  # noqa: S105 - of a test file


class MoodyEmbeddings(WordEmbeddings):
    """Embeddings that fail the first time."""

    failed = False

    @override
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if not self.failed:
            self.failed = True
            msg = "not today"
            raise RuntimeError(msg)
        return super().embed_documents(texts)


@asynccontextmanager
async def _service(directory: Path, embeddings: Embeddings | None = None) -> AsyncIterator[Service]:
    model = ScriptedChatModel(replies=["?"])
    settings = make_settings(directory / "data")
    async with open_service(settings, model=model, embeddings=embeddings or WordEmbeddings()) as service:
        yield service


def _register(service: Service, path: Path) -> Job:
    """Do what a request does before its job begins."""
    sha256 = digest_file(path)
    service.files.keep(path, sha256)
    new = NewDocument(path.name, sha256, path.stat().st_size, len(PAGES))
    document_id = service.store.register("default", new).document_id
    return Job(document_id, "default", path.name, sha256)


def _state(service: Service, job: Job) -> tuple[str, str | None]:
    document = service.store.document(job.document_id, model=service.settings.embeddings)
    return document.state, document.code


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is a row in a database
            await asyncio.sleep(0.02)


async def test_what_a_stopped_process_left_is_taken_up(tmp_path: Path) -> None:
    """A document that was registered and never read becomes ready after a restart."""
    async with _service(tmp_path) as service:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
    async with _service(tmp_path) as service, open_jobs(service):
        await _until(lambda: _state(service, job)[0] == "ready")


async def test_an_encrypted_document_is_not_taken_up_without_its_password(tmp_path: Path) -> None:
    """Passwords are kept nowhere, so the document fails with what it needs."""
    async with _service(tmp_path) as service:
        job = _register(service, encrypted_pdf(tmp_path / "a.pdf", PAGES, PASSWORD))
    async with _service(tmp_path) as service, open_jobs(service):
        await _until(lambda: _state(service, job) == ("failed", "password_needed"))
        message = service.store.document(job.document_id, model="").message

    assert message == "'a.pdf' is encrypted; give its password"


async def test_a_document_whose_copy_is_gone_fails(tmp_path: Path) -> None:
    """What cannot be read any more says so instead of being read for ever."""
    async with _service(tmp_path) as service, open_jobs(service) as jobs:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        service.files.discard(job.sha256)
        outcome = await jobs.submit(job)
        state = _state(service, job)

    assert (outcome["state"], outcome["code"]) == ("failed", "not_found")
    assert state == ("failed", "not_found")


async def test_chunks_without_vectors_are_caught_up_at_the_start(tmp_path: Path) -> None:
    """A document that was found by keyword only gets its vectors after a restart."""
    async with _service(tmp_path) as service:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        jobs = IngestJobs(service)
        await service.agents.ingest.vectors_at_once.acquire()
        await jobs.submit(job)
        before = _state(service, job)[0]
        await jobs.close()
    async with _service(tmp_path) as service, open_jobs(service):
        await _until(lambda: _state(service, job)[0] == "ready")

    assert before == "searchable"


async def test_embedding_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Embeddings that fail leave the document searchable; it becomes ready when they work again."""
    async with _service(tmp_path, MoodyEmbeddings()) as service:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        jobs = IngestJobs(service, retry_s=0.01)
        await jobs.submit(job)
        await _until(lambda: _state(service, job)[0] == "ready")
        await jobs.close()

    assert len(caplog.records) == 1
    assert "embedding failed" in caplog.text


async def test_a_document_has_one_job_at_a_time(tmp_path: Path) -> None:
    """A second request for the same document waits for the first one's work."""
    async with _service(tmp_path) as service, open_jobs(service) as jobs:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        first, second = jobs.submit(job), jobs.submit(job)
        outcome = await first
        generation = service.store.generation("default")

    assert first is second
    assert outcome["state"] == "ingested"
    assert generation == 1


async def test_closing_leaves_a_document_to_be_taken_up(tmp_path: Path) -> None:
    """A job that is stopped neither fails nor publishes its document."""
    async with _service(tmp_path) as service, open_jobs(service) as jobs:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        task = jobs.submit(job)
        await asyncio.sleep(0)
        await jobs.close()
        left = [document.id for document in service.store.unfinished()]

    assert task.cancelled()
    assert left == [job.document_id]


async def test_a_document_that_cannot_be_published_fails(tmp_path: Path) -> None:
    """A file with other pages than were registered is an error of the project's own, with a code."""
    async with _service(tmp_path) as service, open_jobs(service) as jobs:
        job = _register(service, text_pdf(tmp_path / "a.pdf", [*PAGES, "One more."]))
        outcome = await jobs.submit(job)

    assert (outcome["state"], outcome["code"]) == ("failed", "ledger")


async def test_an_error_nobody_expected_fails_the_document(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The document says that it failed, and only the log says why."""
    async with _service(tmp_path) as service, open_jobs(service) as jobs:
        job = _register(service, text_pdf(tmp_path / "a.pdf", PAGES))
        with closing(sqlite3.connect(tmp_path / "data" / "pageloom.sqlite")) as db:
            db.execute("CREATE TRIGGER full BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'secret'); END")
        outcome = await jobs.submit(job)
        state = _state(service, job)

    assert "secret" not in outcome["message"]
    assert state == ("failed", "internal")
    assert [record.getMessage() for record in caplog.records] == [f"ingest of document {job.document_id} failed"]
