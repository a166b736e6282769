import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.server.doors import QUESTION, make_settings, serving, upload_report

BODIES: dict[str, dict[str, Any]] = {
    "invoke": {"input": {"question": QUESTION}},
    "batch": {"inputs": [{"question": QUESTION}]},
    "stream": {"input": {"question": QUESTION}},
    "stream_events": {"input": {"question": QUESTION}},
    "stream_log": {"input": {"question": QUESTION}},
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application that knows one report."""
    with serving(make_settings(tmp_path_factory.mktemp("data"))) as client:
        upload_report(client, tmp_path_factory.mktemp("files"))
        yield client


@pytest.mark.parametrize("endpoint", BODIES)
def test_a_named_callback_hears_the_whole_call(
    client: TestClient, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It works at every LangServe endpoint, batch included."""
    caplog.set_level(logging.INFO, logger="server.request_callbacks")
    client.post(f"/assistant/{endpoint}", json=BODIES[endpoint], headers={"X-Callbacks": "timing"})

    assert [record.name for record in caplog.records] == ["server.request_callbacks"]
    assert all(f"{node};dur=" in caplog.text for node in ("retrieve", "search", "write", "remember"))


def test_other_requests_are_not_heard(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """A request callback belongs to its request."""
    caplog.set_level(logging.INFO, logger="server.request_callbacks")
    client.post("/assistant/invoke", json=BODIES["invoke"], headers={"X-Callbacks": " timing, "})
    response = client.post("/assistant/invoke", json=BODIES["invoke"])

    assert len(caplog.records) == 1
    assert "Server-Timing" not in response.headers


def test_timings_come_with_the_response(client: TestClient) -> None:
    """A response that is not streamed carries them in its header."""
    response = client.post("/assistant/invoke", json=BODIES["invoke"], headers={"X-Callbacks": "timing"})

    assert "search;dur=" in response.headers["Server-Timing"]


def test_an_unknown_name_is_refused(client: TestClient) -> None:
    """Only what is on the list can be asked for."""
    response = client.post("/assistant/invoke", json=BODIES["invoke"], headers={"X-Callbacks": "timing,evil"})

    assert (response.status_code, response.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "unknown_callback")
    assert response.json()["detail"] == "unknown callbacks evil; known: timing"
