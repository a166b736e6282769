import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.bootstrap import open_service
from server.intake import Intake, base_name
from server.jobs import open_jobs
from tests.fakes import ScriptedChatModel, WordEmbeddings
from tests.pdfs import text_pdf
from tests.server.doors import PAGES, make_settings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\reports\\May.pdf", "May.pdf"),
        ("报告.pdf", "报告.pdf"),
        ("a\0b\nc\u202e.pdf", "abc.pdf"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        ("dir/", "dir"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_only_the_base_name_of_a_file_counts(name: str, expected: str) -> None:
    """No name leads anywhere or hides what it is."""
    assert base_name(name) == expected


async def test_reading_stops_where_a_file_grows_too_large(tmp_path: Path) -> None:
    """The rest of a file that is too large anyway is not waited for, and nothing of it stays."""
    sent = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            sent.append(1)
            yield b"x" * 100

    settings = make_settings(tmp_path, max_file_bytes=1000)
    async with (
        open_service(settings, model=_model(), embeddings=WordEmbeddings()) as service,
        open_jobs(service) as jobs,
    ):
        receipt = await Intake(service, jobs).take(endless(), name="endless.pdf")

    assert receipt.error is not None
    assert receipt.error.code == "too_large"
    assert len(sent) == 11
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    """Old scratch files go; one that may be in use stays."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    for name in ("old", "new"):
        (incoming / name).touch()
    os.utime(incoming / "old", (time.time() - 100_000,) * 2)
    settings = make_settings(tmp_path)

    async with (
        open_service(settings, model=_model(), embeddings=WordEmbeddings()) as service,
        open_jobs(service) as jobs,
    ):
        Intake(service, jobs)

    assert [path.name for path in incoming.iterdir()] == ["new"]


async def test_the_configured_collection_is_the_default(tmp_path: Path) -> None:
    """Files go where the operator said unless the sender says otherwise."""
    content = text_pdf(tmp_path / "a.pdf", PAGES).read_bytes()

    async def whole() -> AsyncIterator[bytes]:
        yield content

    settings = make_settings(tmp_path / "data", collection="reports")
    async with (
        open_service(settings, model=_model(), embeddings=WordEmbeddings()) as service,
        open_jobs(service) as jobs,
    ):
        receipt = await Intake(service, jobs).take(whole(), name="a.pdf")
        assert receipt.job is not None
        await receipt.job
        listed = service.store.documents("reports", model=settings.embeddings)

    assert [document.id for document in listed] == [receipt.id]


def _model() -> ScriptedChatModel:
    return ScriptedChatModel(replies=["?"])
