import base64
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from langchain_core.messages import AIMessage
from langgraph.types import Command, Send

from graphs.state import SecretContext
from server.langserve import EventSerializer
from server.schemas import AnswerObject
from tests.pdfs import encrypted_pdf, text_pdf
from tests.server.doors import (
    PAGES,
    QUESTION,
    REPLY,
    begin_thread,
    make_settings,
    read_events,
    serving,
    upload_report,
)

JSON = {"Content-Type": "application/json"}
ASK = {"question": QUESTION}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application that knows one report."""
    with serving(make_settings(tmp_path_factory.mktemp("data"), max_batch=3)) as client:
        upload_report(client, tmp_path_factory.mktemp("files"))
        yield client


def _invoke(client: TestClient, path: str, given: Any, config: Any = None, **headers: str) -> Any:
    response = client.post(f"{path}/invoke", json={"input": given, "config": config or {}}, headers=headers)
    assert response.status_code == HTTPStatus.OK, response.text
    return response.json()["output"]


def _thread(name: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": name}}


def _comparable(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in {"run_id", "thread_id", "timings"}}


def test_the_answer_is_the_one_of_our_own_route(client: TestClient) -> None:
    """Whichever door a question comes through, the answer object is the same."""
    own = client.post(f"/threads/{begin_thread(client)}/runs", json=ASK).json()

    answer = _invoke(client, "/assistant", ASK)

    assert answer["answer"] == REPLY
    assert _comparable(answer) == _comparable(own)


def test_a_stream_adds_up_to_the_answer(client: TestClient) -> None:
    """Tokens come in pieces, and the pieces make the answer object of invoke."""
    events = read_events(client.post("/assistant/stream", json={"input": ASK}).text)

    pieces = [json.loads(data) for event, data in events if event == "data"]
    total = {key: value for piece in pieces for key, value in piece.items()}
    total["answer"] = "".join(piece.get("answer", "") for piece in pieces)
    assert len(pieces) > 3
    assert _comparable(total) == _comparable(_invoke(client, "/assistant", ASK))


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [("mine", "", "mine"), ("", "theirs", "theirs"), ("mine", "theirs", "mine")],
    ids=["body", "header", "both"],
)
def test_the_body_names_the_thread_before_the_header_does(
    client: TestClient, body: str, header: str, expected: str
) -> None:
    """A thread can be named either way; the body wins."""
    headers = {"X-Thread-ID": header} if header else {}

    answer = _invoke(client, "/assistant", ASK, _thread(body) if body else None, **headers)

    assert answer["thread_id"] == expected


def test_a_thread_remembers(client: TestClient) -> None:
    """What was asked through LangServe is a turn of the thread everywhere."""
    for _ in range(2):
        _invoke(client, "/assistant", ASK, _thread("remembering"))

    assert len(client.get("/threads/remembering").json()["turns"]) == 2


def test_items_of_a_batch_have_threads_of_their_own(client: TestClient) -> None:
    """The header, which would put them all into one, does not count there."""
    body = {"inputs": [ASK, ASK, ASK], "config": [_thread("one"), _thread("two"), {}]}

    output = client.post("/assistant/batch", json=body, headers={"X-Thread-ID": "all"}).json()["output"]

    threads = [answer["thread_id"] for answer in output]
    assert threads[:2] == ["one", "two"]
    assert "all" not in threads


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"inputs": [ASK] * 4}, 413, "batch_too_large"),
        ({"inputs": [{}]}, 422, "invalid_request"),
        ({"inputs": 5}, 422, "invalid_request"),
        ({"inputs": [ASK], "config": [1]}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
    ids=["too many", "no question", "no list", "no config", "no object"],
)
def test_a_bad_batch_is_the_senders_fault(client: TestClient, body: Any, status: int, code: str) -> None:
    """LangServe by itself would take any number, and answer some of these with a 500."""
    response = client.post("/assistant/batch", json=body)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("endpoint", ["invoke", "batch", "stream", "stream_log", "stream_events"])
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"[" * 50_000 + b"]" * 50_000, "too_deep"), (b"{", "invalid_request"), (b"\xff", "invalid_request")],
    ids=["deep", "cut", "not UTF-8"],
)
def test_broken_json_is_the_senders_fault(client: TestClient, endpoint: str, content: bytes, code: str) -> None:
    """JSON that cannot be read is a 4xx problem at every endpoint."""
    response = client.post(f"/assistant/{endpoint}", content=content, headers=JSON)

    assert response.status_code in {400, 422}
    assert response.json()["code"] == code


def test_the_server_reads_no_file_for_a_caller(client: TestClient, tmp_path: Path) -> None:
    """Paths that come with a question are not followed."""
    path = text_pdf(tmp_path / "private.pdf", ["The trial at Alder Weir cost 1 euro."])

    answer = _invoke(client, "/assistant", {**ASK, "files": [{"path": str(path), "name": "private.pdf"}]})

    assert "ingested" not in answer
    assert {citation["document"] for citation in answer["citations"]} == {"report.pdf"}


@pytest.mark.parametrize("break_lines", [False, True], ids=["plain", "as browsers and shells write it"])
def test_a_pdf_in_base64_is_ingested(client: TestClient, tmp_path: Path, break_lines: bool) -> None:  # noqa: FBT001 - a case
    """What the playground's file widget sends becomes a document that can be searched when the call returns."""
    content = text_pdf(tmp_path / "x.pdf", [*PAGES, str(break_lines)]).read_bytes()
    file = base64.b64encode(content).decode()
    if break_lines:
        file = "data:application/pdf;base64," + base64.encodebytes(content).decode()

    first = _invoke(client, "/ingest", {"file": file, "name": "../widget.pdf", "collection": "widgets"})
    again = _invoke(client, "/ingest", {"file": file, "name": "widget.pdf", "collection": "widgets"})

    assert first | {"id": ""} == {
        "name": "widget.pdf",
        "id": "",
        "state": "ingested",
        "code": None,
        "message": "3 pages",
        "pages": 3,
    }
    assert (again["id"], again["state"]) == (first["id"], "unchanged")


@pytest.mark.parametrize(
    ("file", "code"),
    [("%%%", "bad_base64"), ("ü", "bad_base64"), ("aGVsbG8=", "not_a_pdf"), ("", "empty_file")],
    ids=["no base64", "no ASCII", "no PDF", "nothing"],
)
def test_a_file_that_cannot_be_taken_is_an_entry(client: TestClient, file: str, code: str) -> None:
    """An expected outcome is not an error."""
    entry = _invoke(client, "/ingest", {"file": file, "name": "bad.pdf"})

    assert (entry["state"], entry["code"], entry["id"], entry["pages"]) == ("failed", code, None, 0)
    assert "'bad.pdf'" in entry["message"]


def test_an_encrypted_file_is_an_entry(client: TestClient, tmp_path: Path) -> None:
    """It says what it needs."""
    content = encrypted_pdf(tmp_path / "x.pdf", PAGES, "swordfish").read_bytes()

    entry = _invoke(client, "/ingest", {"file": base64.b64encode(content).decode(), "name": "secret.pdf"})

    assert (entry["name"], entry["code"]) == ("secret.pdf", "password_needed")


def test_retrieval_feeds_answer(client: TestClient) -> None:
    """What one door finds, the other answers from, with the same answer as the assistant."""
    found = _invoke(client, "/retrieval", ASK)
    given = {key: found[key] for key in ("passages", "verdict", "reason", "generation")}

    answer = _invoke(client, "/answer", {**ASK, **given})

    assert (found["verdict"], found["reason"]) == ("evidence", None)
    assert found["passages"][0]["page"] == 1
    assert _comparable(answer) == _comparable(_invoke(client, "/assistant", ASK))


def test_the_agents_stream_too(client: TestClient) -> None:
    """Retrieval is one piece; the answer comes in tokens."""
    found = [d for e, d in read_events(client.post("/retrieval/stream", json={"input": ASK}).text) if e == "data"]
    given = {**ASK, "passages": json.loads(found[0])["passages"]}
    answer = [d for e, d in read_events(client.post("/answer/stream", json={"input": given}).text) if e == "data"]

    assert len(found) == 1
    assert len(answer) > 3


def test_a_passage_stands_somewhere_on_its_page(client: TestClient) -> None:
    """Offsets before the page would be counted from its end."""
    passage = {"chunk_id": 1, "document_id": "x", "document": "a", "page": 1, "start": -9, "end": -1, "text": "a b c"}

    response = client.post("/answer/invoke", json={"input": {**ASK, "passages": [passage]}})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request")


def test_passages_of_unknown_documents_are_refused(client: TestClient) -> None:
    """Nothing can be proven by a page that is not there."""
    passage = {"chunk_id": 1, "document_id": "none", "document": "a", "page": 1, "start": 0, "end": 9, "text": "a b c"}

    response = client.post("/answer/invoke", json={"input": {**ASK, "passages": [passage]}})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown")


@pytest.mark.parametrize("path", ["/assistant", "/ingest", "/retrieval", "/answer"])
def test_every_door_has_its_playground(client: TestClient, path: str) -> None:
    """The page comes, and everything that it asks for is on this server."""
    page = client.get(f"{path}/playground/")

    assert page.status_code == HTTPStatus.OK
    assert 'src="http' not in page.text
    assert client.get(f"{path}/input_schema").json()["title"]


def test_the_playground_shows_a_file_chooser(client: TestClient) -> None:
    """The widget hint stands where the playground looks for it."""
    schema = client.get("/ingest/input_schema").json()

    assert schema["properties"]["file"]["extra"] == {"widget": {"type": "base64file"}}


def test_the_playground_shows_a_box_for_the_thread(client: TestClient) -> None:
    """The thread is part of the configuration that LangServe knows of."""
    schema = client.get("/assistant/config_schema").json()

    assert "thread_id" in schema["$defs"]["Configurable"]["properties"]


@pytest.mark.parametrize("endpoint", ["stream_log", "stream_events"])
@pytest.mark.parametrize("path", ["/assistant", "/ingest"])
def test_the_inside_of_a_run_can_be_watched(client: TestClient, tmp_path: Path, path: str, endpoint: str) -> None:
    """Events go on to their end, commands between nodes included, and show no path of the server."""
    content = text_pdf(tmp_path / "x.pdf", [endpoint]).read_bytes()
    given = {"/assistant": ASK, "/ingest": {"file": base64.b64encode(content).decode()}}[path]

    text = client.post(f"{path}/{endpoint}", json={"input": given}).text

    events = [event for event, _ in read_events(text)]
    assert "error" not in events
    assert text.rstrip().endswith("event: end")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Send("node", {"a": 1}), {"node": "node", "arg": {"a": 1}}),
        (Command(goto="b", update={"c": 1}), {"goto": "b", "update": {"c": 1}}),
        ({1}, [1]),
        (frozenset("a"), ["a"]),
        (ValueError("secret"), "<ValueError>"),
        (SecretContext("swordfish"), "<SecretContext>"),
        ({1: "a"}, {"1": "a"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_events_hold_plain_values_only(value: Any, expected: Any) -> None:
    """What graphs pass around is written down; errors, secrets and the unknown are only named."""
    assert EventSerializer().dumpd(value) == expected


def test_messages_are_written_as_before() -> None:
    """LangChain's own objects keep the form that clients decode."""
    written = EventSerializer().dumpd(AIMessage("yes"))

    assert (written["type"], written["content"]) == ("ai", "yes")


def test_the_playground_is_given_the_answer_in_one_piece(client: TestClient) -> None:
    """What its log adds to the output is the whole answer object once, not a word at a time."""
    text = client.post("/assistant/stream_log", json={"input": ASK}).text

    outputs = [
        operation["value"]
        for event, data in read_events(text)
        if event == "data"
        for operation in json.loads(data)["ops"]
        if operation["path"] == "/streamed_output/-"
    ]
    assert [sorted(output) for output in outputs] == [sorted(AnswerObject.model_fields)]


def test_files_without_a_name_do_not_replace_each_other(client: TestClient, tmp_path: Path) -> None:
    """Two uploads that nobody named are two documents."""
    files = [text_pdf(tmp_path / "x.pdf", [text]).read_bytes() for text in ("The dam is high.", "The road is long.")]

    names = [
        _invoke(client, "/ingest", {"file": base64.b64encode(file).decode(), "collection": "unnamed"})["name"]
        for file in files
    ]

    listed = client.get("/documents", params={"collection": "unnamed"}).json()["documents"]
    assert sorted(document["name"] for document in listed) == sorted(names)
    assert len(set(names)) == 2
