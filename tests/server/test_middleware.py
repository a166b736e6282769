import logging
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi import WebSocket
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from tests.server.doors import make_settings, serving

SECRET = "the password is swordfish"  # noqa: S105 - made up


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application that takes small bodies, with routes that go wrong."""
    settings = make_settings(tmp_path_factory.mktemp("data"), max_body_bytes=1000, langserve=False)
    with serving(settings) as client:
        app: Any = client.app
        app.get("/wrong")(_go_wrong)
        app.get("/wrong-later")(_go_wrong_later)
        app.websocket("/socket")(_greet)
        yield client


def test_every_response_carries_a_request_id(client: TestClient) -> None:
    """A caller's own id comes back."""
    response = client.get("/healthz", headers={"X-Request-ID": "my-request.1"})

    assert response.headers["X-Request-ID"] == "my-request.1"


@pytest.mark.parametrize("brought", ["", "a b", "x" * 65, "<script>"])
def test_a_strange_request_id_is_replaced(client: TestClient, brought: str) -> None:
    """An id that could upset a log is not taken over."""
    response = client.get("/healthz", headers={"X-Request-ID": brought})

    assert response.headers["X-Request-ID"].isalnum()


def test_an_unexpected_error_is_logged_once_and_tells_nothing(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets the request id, the log gets the rest."""
    response = client.get("/wrong", headers={"X-Request-ID": "abc"})

    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() | {"detail": ""} == {
        "code": "internal",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "",
        "request_id": "abc",
    }
    assert SECRET not in response.text
    assert [record.getMessage() for record in caplog.records] == ["request abc (GET /wrong) failed"]


def test_an_error_in_mid_stream_is_logged_and_ends_the_response(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """What was sent cannot be taken back, and no second response is begun."""
    caplog.set_level(logging.ERROR)
    response = client.get("/wrong-later")

    assert response.text == "so far so good"
    assert len(caplog.records) == 1


@pytest.mark.parametrize("content", [b"x" * 1001, iter([b"x" * 600] * 2)], ids=["declared", "in pieces"])
def test_a_body_above_the_limit_is_refused(client: TestClient, content: Any) -> None:
    """Neither a declared nor an undeclared length gets past the limit."""
    response = client.post("/threads/any/runs", content=content, headers={"Content-Type": "application/json"})

    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert response.json()["code"] == "body_too_large"


def test_other_protocols_pass(client: TestClient) -> None:
    """A web socket is none of their business."""
    with client.websocket_connect("/socket") as socket:
        assert socket.receive_text() == "hello"


async def _go_wrong() -> None:
    raise RuntimeError(SECRET)


async def _go_wrong_later() -> StreamingResponse:
    def pieces() -> Iterator[str]:
        yield "so far so good"
        raise RuntimeError(SECRET)

    return StreamingResponse(pieces())


async def _greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def test_limits_do_not_touch_what_fits(client: TestClient, tmp_path: Path) -> None:
    """A small body goes through."""
    del tmp_path
    response = client.post("/threads/any/runs", json={"question": "?"})

    assert response.status_code == HTTPStatus.NOT_FOUND
