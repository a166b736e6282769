"""The service as people run it: a process of its own, real models, real HTTP on loopback."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from langserve import RemoteRunnable

from tests.pdfs import mixed_pdf, text_pdf
from tests.server.doors import read_events

ROOT = Path(__file__).parents[2]
PAGES = [
    "Report on the bridge at Alder Weir. The bridge was opened in 1931 and repaired in 1987.",
    "Costs. The repair of the bridge at Alder Weir cost 48,310 euros in total.",
]
SCANNED = "The ferry at Larkspur carries 212 cars each day."
QUESTION = "How much did the repair of the bridge cost?"
FOLLOW_UP = "And when was it opened?"
_PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the service for all tests of this file, with a scanned and a born-digital page taken in."""
    directory = tmp_path_factory.mktemp("e2e")
    report = mixed_pdf(directory / "report.pdf", [*(("text", page) for page in PAGES), ("scan", SCANNED)])
    with _service(directory / "data") as address:
        response = httpx.post(f"{address}/documents", files={"files": (report.name, report.read_bytes())}, timeout=30)
        assert response.status_code == 202
        _wait_until_ready(address, response.json()["documents"][0]["id"])
        yield address


def test_a_question_is_answered_with_its_page(url: str) -> None:
    """REST gives the answer object; the thread remembers it for the follow-up."""
    thread = httpx.post(f"{url}/threads").json()["thread_id"]

    answer = httpx.post(f"{url}/threads/{thread}/runs", json={"question": QUESTION}, timeout=60).json()
    follow_up = httpx.post(f"{url}/threads/{thread}/runs", json={"question": FOLLOW_UP}, timeout=60).json()

    assert "48,310 euros" in answer["answer"]
    assert _places(answer)[0] == ("report.pdf", 2, "verified")
    assert answer["citations"][0]["boxes"]
    assert "1931" in follow_up["answer"]
    assert len(httpx.get(f"{url}/threads/{thread}").json()["turns"]) == 2


def test_the_answer_streams_to_an_event_source(url: str) -> None:
    """The pieces of the text add up to the text of the result."""
    thread = httpx.post(f"{url}/threads").json()["thread_id"]

    headers = {"Accept": "text/event-stream"}
    body = httpx.post(f"{url}/threads/{thread}/runs", json={"question": QUESTION}, headers=headers, timeout=60).text

    *pieces, (last, result) = read_events(body)
    assert last == "result"
    assert len(pieces) > 1
    assert "".join(json.loads(data)["answer"] for _, data in pieces) == json.loads(result)["answer"]


def test_the_scanned_page_can_be_asked(url: str) -> None:
    """OCR has read what is only a picture, and the citation says where."""
    answer = _remote(url).invoke({"question": "How many cars does the ferry carry each day?"})

    assert "212" in answer["answer"]
    assert _places(answer)[0] == ("report.pdf", 3, "verified")


def test_a_remote_runnable_streams_what_it_invokes(url: str) -> None:
    """From another process, the chunks of a stream add up to the result of invoke."""
    remote = _remote(url)

    invoked = remote.invoke({"question": QUESTION}, _thread("invoke"))
    chunks = list(remote.stream({"question": QUESTION}, _thread("stream")))

    total = {key: value for chunk in chunks for key, value in chunk.items()}
    total["answer"] = "".join(chunk.get("answer", "") for chunk in chunks)
    own = {"run_id", "thread_id", "timings"}
    assert len(chunks) > 2
    assert {k: v for k, v in total.items() if k not in own} == {k: v for k, v in invoked.items() if k not in own}


def test_a_batch_keeps_its_threads_apart(url: str) -> None:
    """Each item of a batch goes on with its own conversation."""
    remote = _remote(url)
    first = [{"question": QUESTION}, {"question": "How many cars does the ferry carry each day?"}]
    threads = [_thread("bridge"), _thread("ferry")]

    remote.batch(first, threads)
    answers = remote.batch([{"question": FOLLOW_UP}] * 2, threads)

    assert [answer["thread_id"] for answer in answers] == ["bridge", "ferry"]
    assert "1931" in answers[0]["answer"]


async def test_events_of_a_run_can_be_watched_from_afar(url: str) -> None:
    """`astream_events` shows the agents at work, to the end of the run."""
    events = [
        (event["event"], event["name"])
        async for event in _remote(url).astream_events({"question": QUESTION}, version="v2")
    ]

    assert {("on_chain_start", "retrieve"), ("on_chain_end", "answer_question")} <= set(events)
    assert events[-1] == ("on_chain_end", "/assistant")


def test_a_pdf_from_the_playground_is_ingested_and_found(url: str, tmp_path: Path) -> None:
    """The file widget sends base64; the document can be asked as soon as the call returns."""
    path = text_pdf(tmp_path / "menu.pdf", ["The lighthouse cafe at Merrin serves lentil soup on Thursdays."])
    body = {"file": base64.b64encode(path.read_bytes()).decode(), "name": "menu.pdf"}

    entry = _remote(url, "ingest").invoke(body)
    log = httpx.post(
        f"{url}/assistant/stream_log",
        json={"input": {"question": "On which day does the cafe at Merrin serve lentil soup?"}},
        timeout=60,
    ).text

    assert (entry["state"], entry["pages"]) == ("ingested", 1)
    assert "Thursdays" in log
    assert log.rstrip().endswith("event: end")


@contextmanager
def _service(data_dir: Path) -> Iterator[str]:
    """Run `pageloom serve` on a free port and stop it as a terminal would."""
    environ = {**os.environ, "PAGELOOM_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "server", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environ, cwd=data_dir.parent, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stderr is not None
        try:
            yield next(line.split()[-1] for line in process.stderr if "listening on" in line)
        finally:
            process.terminate()
            errors = process.communicate(timeout=30)[1]
    assert "Traceback" not in errors


def _wait_until_ready(url: str, document_id: str) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while httpx.get(f"{url}/documents/{document_id}").json()["state"] != "ready":
        assert time.monotonic() < give_up
        time.sleep(0.1)


def _remote(url: str, name: str = "assistant") -> Any:
    return RemoteRunnable[Any, Any](f"{url}/{name}")


def _thread(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


def _places(answer: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(citation["document"], citation["page"], citation["status"]) for citation in answer["citations"]]
