import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr
from typing_extensions import override

from server.app import create_app
from tests.fakes import ScriptedChatModel, WordEmbeddings
from tests.server.doors import (
    QUESTION,
    REPLY,
    begin_thread,
    make_settings,
    read_events,
    serving,
    upload_report,
)
from tools.errors import SettingError

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application that knows one report."""
    with serving(make_settings(tmp_path_factory.mktemp("data"), langserve=False)) as client:
        upload_report(client, tmp_path_factory.mktemp("files"))
        yield client


def test_a_question_is_answered_with_its_page(client: TestClient) -> None:
    """The answer object says what, where, and that it was proven."""
    thread_id = begin_thread(client)

    response = client.post(f"/threads/{thread_id}/runs", json={"question": QUESTION})

    answer = response.json()
    assert response.status_code == HTTPStatus.OK
    assert (answer["answer"], answer["found"], answer["thread_id"]) == (REPLY, True, thread_id)
    citation = answer["citations"][0]
    assert (citation["document"], citation["page"], citation["status"]) == ("report.pdf", 1, "verified")
    assert "48,310 euros" in citation["quote"]


def test_a_stream_adds_up_to_its_result(client: TestClient) -> None:
    """The pieces of the text are the text of the answer object that ends the stream."""
    response = client.post(f"/threads/{begin_thread(client)}/runs", json={"question": QUESTION}, headers=STREAM)

    *pieces, (last, result) = read_events(response.text)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert len(pieces) > 1
    assert {event for event, _ in pieces} == {"answer"}
    assert last == "result"
    assert "".join(json.loads(data)["answer"] for _, data in pieces) == json.loads(result)["answer"] == REPLY


def test_both_ways_give_the_same_answer(client: TestClient) -> None:
    """Streamed or whole, the answer object has the same parts."""
    url = f"/threads/{begin_thread(client)}/runs"

    whole = client.post(url, json={"question": QUESTION}).json()
    streamed = json.loads(read_events(client.post(url, json={"question": QUESTION}, headers=STREAM).text)[-1][1])

    assert whole.keys() == streamed.keys()
    assert whole["citations"] == streamed["citations"]


def test_a_thread_shows_its_turns(client: TestClient) -> None:
    """A new thread is empty; each run adds a turn."""
    thread_id = begin_thread(client)

    before = client.get(f"/threads/{thread_id}").json()
    client.post(f"/threads/{thread_id}/runs", json={"question": QUESTION})
    after = client.get(f"/threads/{thread_id}").json()

    assert before == {"thread_id": thread_id, "turns": []}
    assert [(turn["question"], turn["answer"]) for turn in after["turns"]] == [(QUESTION, REPLY)]
    assert after["turns"][0]["places"][0]["page"] == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "/threads/none"), ("POST", "/threads/none/runs")])
def test_an_unknown_thread_is_not_found(client: TestClient, method: str, path: str) -> None:
    """A misspelt thread must not look like one that has forgotten everything."""
    response = client.request(method, path, json={"question": QUESTION})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown")


@pytest.mark.parametrize("question", ["", " \n"], ids=["empty", "blank"])
def test_an_empty_question_is_refused(client: TestClient, question: str) -> None:
    """There is nothing to look for, as the command line says too."""
    response = client.post(f"/threads/{begin_thread(client)}/runs", json={"question": question})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request")


@pytest.mark.parametrize("scope", [{"collection": "none"}, {"documents": ["none"]}])
def test_an_unknown_scope_is_not_found(client: TestClient, scope: dict[str, Any]) -> None:
    """A misspelt collection or document must not look like an empty one."""
    response = client.post(f"/threads/{begin_thread(client)}/runs", json={"question": QUESTION, **scope})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown")


def test_a_question_can_be_kept_to_documents(client: TestClient, tmp_path: Path) -> None:
    """Only the documents named are looked in."""
    other = upload_report(client, tmp_path, "other.pdf")

    answer = client.post(
        f"/threads/{begin_thread(client)}/runs", json={"question": QUESTION, "documents": [other]}
    ).json()

    assert {citation["document"] for citation in answer["citations"]} == {"other.pdf"}


def test_timings_are_told_when_asked_for(client: TestClient) -> None:
    """The timing callback works on this route as on LangServe's."""
    response = client.post(
        f"/threads/{begin_thread(client)}/runs", json={"question": QUESTION}, headers={"X-Callbacks": "timing"}
    )

    assert "search;dur=" in response.headers["Server-Timing"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(SettingError("no such model"), 503, "setting"), (RuntimeError("swordfish"), 500, "internal")],
    ids=["expected", "unexpected"],
)
def test_a_failing_run_is_a_problem_either_way(tmp_path: Path, error: Exception, status: int, code: str) -> None:
    """Whole, it is a response with a status; streamed, it is an `error` event."""
    with serving(make_settings(tmp_path, langserve=False), error) as client:
        upload_report(client, tmp_path)
        url = f"/threads/{begin_thread(client)}/runs"
        whole = client.post(url, json={"question": QUESTION})
        streamed = client.post(url, json={"question": QUESTION}, headers=STREAM)

    event, data = read_events(streamed.text)[-1]
    assert (whole.status_code, whole.json()["code"]) == (status, code)
    assert (event, json.loads(data)["code"]) == ("error", code)
    assert "swordfish" not in whole.text + streamed.text


class EndlessChatModel(ScriptedChatModel):
    """Writes without end, a piece every few milliseconds, and counts the pieces."""

    _pieces: int = PrivateAttr(default=0)
    _begun: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        while True:
            self._pieces += 1
            self._begun.set()
            yield ChatGenerationChunk(message=AIMessageChunk(content="The trial "))
            await asyncio.sleep(0.005)

    async def wait(self) -> None:
        """Wait until it writes."""
        await self._begun.wait()

    def pieces(self) -> int:
        """Return how many pieces it has written."""
        return self._pieces


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_client_that_goes_away_ends_the_run(tmp_path: Path, accept: str) -> None:
    """Nobody pays for an answer that nobody waits for: at most one more piece is written."""
    settings = make_settings(tmp_path, langserve=False)
    with serving(settings) as client:
        upload_report(client, tmp_path)
        thread_id = begin_thread(client)
    model = EndlessChatModel(replies=[])
    app = create_app(settings, model=model, embeddings=WordEmbeddings())

    async with app.router.lifespan_context(app):
        await asyncio.wait_for(_ask_and_leave(app, model, thread_id, accept), 20)
        written = model.pieces()
        await asyncio.sleep(0.1)

    assert 0 < written <= model.pieces() <= written + 1


async def _ask_and_leave(app: Any, model: EndlessChatModel, thread_id: str, accept: str) -> None:
    """Speak ASGI directly: no client of the tests can hang up in the middle of a response."""
    body = json.dumps({"question": QUESTION}).encode()
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await model.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        """Nobody listens."""

    headers = [(b"content-type", b"application/json"), (b"accept", accept.encode())]
    path = f"/threads/{thread_id}/runs"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**scope, "headers": headers, "http_version": "1.1", "scheme": "http"}, receive, send)
