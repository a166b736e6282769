from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import server.langserve
from server.errors import error_problem, status_of
from tests.server.doors import make_settings, serving
from tools.errors import (
    DamagedPdfError,
    EmptyFileError,
    NoPagesError,
    NotAPdfError,
    PageloomError,
    PasswordNeededError,
    TooLargeError,
    UnknownNameError,
    WorkerTimeoutError,
    WrongPasswordError,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application without documents."""
    with serving(make_settings(tmp_path_factory.mktemp("data"), langserve=False)) as client:
        yield client


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAPdfError("a"), 415),
        (EmptyFileError("a"), 422),
        (DamagedPdfError("a"), 422),
        (NoPagesError("a"), 422),
        (PasswordNeededError("a"), 422),
        (WrongPasswordError("a"), 422),
        (TooLargeError("a"), 413),
        (UnknownNameError("thread", "a", "begin one"), 404),
        (WorkerTimeoutError(), 503),
        (PageloomError(), 500),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_status_follows_the_nearest_class(error: PageloomError, status: int) -> None:
    """Each error has the status that the table gives it or its nearest ancestor."""
    assert status_of(error) == status


def test_every_error_has_a_status() -> None:
    """No error that this project raises is missing from the table."""
    assert server.langserve  # its errors count, too
    kinds = list(_all_kinds(PageloomError))

    assert all(status_of(PageloomError.__new__(kind)) in HTTPStatus for kind in kinds)


def test_a_problem_names_code_and_remedy() -> None:
    """The problem object carries the error's own code and words."""
    assert error_problem(NotAPdfError("a.txt"), "r1") == {
        "code": "not_a_pdf",
        "title": "Unsupported Media Type",
        "status": 415,
        "detail": "'a.txt' is not a PDF; give a PDF file",
        "request_id": "r1",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/documents", 405, "method_not_allowed"),
        ("GET", "/documents/none", 404, "unknown"),
        ("POST", "/documents", 422, "invalid_request"),
    ],
)
def test_every_refusal_is_a_problem(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    """Routing, validation and domain errors have one shape."""
    response = client.request(method, path)

    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["request_id"] == response.headers["X-Request-ID"]


def test_method_not_allowed_says_which_are(client: TestClient) -> None:
    """Headers that a refusal needs are kept."""
    assert client.put("/healthz").headers["Allow"] == "GET"


def test_an_invalid_request_names_the_fields_and_echoes_nothing(client: TestClient) -> None:
    """What the client sent is not sent back."""
    response = client.post("/threads/t/runs", json={"question": 17, "documents": "swordfish"})

    assert response.json()["errors"] == [
        {"field": "body.question", "message": "Input should be a valid string"},
        {"field": "body.documents", "message": "Input should be a valid list"},
    ]
    assert "swordfish" not in response.text


@pytest.mark.parametrize(
    "content",
    ['{"question":' + "[" * 50_000 + "]" * 50_000 + "}", "{", '{"question": "\\ud800"}', "\xff"],
    ids=["deep", "cut", "half a character", "not UTF-8"],
)
def test_broken_json_is_the_senders_fault(client: TestClient, content: str) -> None:
    """JSON that cannot be read is a 4xx problem."""
    response = client.post(
        "/threads/t/runs", content=content.encode("latin-1"), headers={"Content-Type": "application/json"}
    )

    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"


def _all_kinds(kind: type[PageloomError]) -> Iterator[type[PageloomError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_kinds(child)


def test_data_stays_in_its_directory(tmp_path: Path) -> None:
    """Two data directories never meet."""
    with (
        serving(make_settings(tmp_path / "a", langserve=False)),
        serving(make_settings(tmp_path / "b", langserve=False)) as two,
    ):
        assert two.get("/documents").json() == {"documents": []}
