"""Errors on the wire: one table from error class to status, one shape (problem+json) for every refusal."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from tools.errors import (
    DocumentError,
    ModelCallError,
    NotAPdfError,
    PageloomError,
    SettingError,
    TooLargeError,
    UnknownNameError,
    WorkerError,
)

PROBLEM_JSON = "application/problem+json"
STATUS: dict[type[PageloomError], HTTPStatus] = {
    UnknownNameError: HTTPStatus.NOT_FOUND,
    NotAPdfError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    DocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ModelCallError: HTTPStatus.BAD_GATEWAY,
    WorkerError: HTTPStatus.SERVICE_UNAVAILABLE,
    SettingError: HTTPStatus.SERVICE_UNAVAILABLE,
    PageloomError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The nearest class counts: a `DocumentError` without a line of its own is unprocessable."""
INTERNAL = "internal"
INTERNAL_DETAIL = "something went wrong in here; the server's log has more under this request id"


class RefusedRequestError(HTTPException):
    """Raised when a request cannot be served for what it is, before any domain code has seen it."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(status, detail)
        self.code = code


def status_of(error: PageloomError) -> HTTPStatus:
    """Return the HTTP status that stands for an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def to_problem(status: int, code: str, detail: str, request_id: str, **more: Any) -> dict[str, Any]:
    """Return a problem object; `more` are further members that the code promises."""
    title = HTTPStatus(status).phrase
    return {"code": code, "title": title, "status": int(status), "detail": detail, "request_id": request_id, **more}


def error_problem(error: PageloomError, request_id: str) -> dict[str, Any]:
    """Return the problem object of an error that was raised on purpose."""
    return to_problem(status_of(error), error.code, str(error), request_id)


def internal_problem(request_id: str) -> dict[str, Any]:
    """Return the problem object of an error that nobody expected: it tells nothing but where to look."""
    return to_problem(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_DETAIL, request_id)


def problem_response(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response that carries a problem object."""
    return JSONResponse(dict(problem), problem["status"], headers=headers, media_type=PROBLEM_JSON)


def request_id_of(request: Request) -> str:
    """Return the id that the edge gave the request."""
    return str(request.state.request_id)


def install_error_handlers(app: FastAPI) -> None:
    """Have every error of routes and routing leave as problem+json; what nobody expected is the edge's business."""
    app.add_exception_handler(PageloomError, _on_error)
    app.add_exception_handler(StarletteHTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PageloomError)  # noqa: S101 - tells mypy what it is installed for
    return problem_response(error_problem(error, request_id_of(request)))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - tells mypy what it is installed for
    code = getattr(error, "code", HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"))
    problem = to_problem(error.status_code, code, str(error.detail), request_id_of(request))
    return problem_response(problem, error.headers)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    """Name the fields and what is wrong with each; what the client sent is not sent back."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - tells mypy what it is installed for
    errors = [_to_field_error(one) for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(to_problem(status, "invalid_request", detail, request_id_of(request), errors=errors))


def _to_field_error(error: Any) -> dict[str, str]:
    """Take FastAPI's dictionary, or the bare message that LangServe gives for a body that is no JSON."""
    if not isinstance(error, Mapping):
        return {"field": "body", "message": str(error)}
    return {"field": ".".join(str(part) for part in error["loc"]), "message": error["msg"]}
