"""What the tests of the HTTP doors share: a document, an application with stand-ins for models, and calls."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from server.app import create_app
from server.settings import Settings
from tests.fakes import ScriptedChatModel, WordEmbeddings
from tests.pdfs import text_pdf

PAGES = [
    "The trial at Alder Weir cost 48,310 euros in total. The council had set aside 50,000 euros.",
    "Larkspur pumps are serviced every four months.",
]
QUESTION = "How much did the trial at Alder Weir cost?"
REPLY = "The trial at Alder Weir cost 48,310 euros in total. [1]"
_PATIENCE_S = 20.0


def make_settings(directory: Path, **options: Any) -> Settings:
    """Build settings that no environment or `.env` has a part in."""
    return Settings(**{"data_dir": directory, "_env_file": None, **options})


@contextmanager
def serving(settings: Settings, *replies: str | Exception) -> Iterator[TestClient]:
    """Run the application with a chat model that says what it is told to."""
    model = ScriptedChatModel(replies=list(replies) or [REPLY])
    with TestClient(create_app(settings, model=model, embeddings=WordEmbeddings())) as client:
        yield client


def upload(client: TestClient, *paths: Path, **form: str) -> Any:
    """Upload files."""
    return client.post("/documents", files=[("files", (path.name, path.read_bytes())) for path in paths], data=form)


def upload_report(client: TestClient, directory: Path, name: str = "report.pdf") -> str:
    """Upload a small report, wait until it is ready and return its id."""
    document_id: str = upload(client, text_pdf(directory / name, PAGES)).json()["documents"][0]["id"]
    wait_for(client, document_id, "ready")
    return document_id


def wait_for(client: TestClient, document_id: str, *states: str) -> dict[str, Any]:
    """Wait until a document is in one of the states."""
    document: dict[str, Any] = {}

    def arrived() -> bool:
        document.update(client.get(f"/documents/{document_id}").json())
        return document["state"] in states

    wait_until(arrived)
    return document


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail the test when it does not in time."""
    give_up = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def begin_thread(client: TestClient) -> str:
    """Begin a conversation and return its id."""
    thread_id: str = client.post("/threads").json()["thread_id"]
    return thread_id


def read_events(body: str) -> list[tuple[str, str]]:
    """Return the (event, data) pairs of a text/event-stream."""
    events = []
    for block in body.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            events.append((fields["event"], fields.get("data", "")))
    return events
