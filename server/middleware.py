"""What stands between the network and every route: request ids, the last resort for errors, the limit on bodies."""

import logging
import re
import uuid
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import RefusedRequestError, internal_problem, problem_response, to_problem

REQUEST_ID = "X-Request-ID"
SERVER_TIMING = "Server-Timing"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BODY_TOO_LARGE = "body_too_large"
_logger = logging.getLogger(__name__)


class RequestEdge:
    """Gives every request an id, and turns an error that nobody expected into a 500 that tells nothing.

    The error is logged once, with the id. A caller may bring an id of its own in `X-Request-ID`; the response says
    which it was. Timings that a request callback left behind go out as `Server-Timing`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        state = scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        begun = False

        async def send_labelled(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                if timing := state.get("server_timing"):
                    headers[SERVER_TIMING] = timing
            await send(message)

        try:
            await self.app(scope, receive, send_labelled)
        except Exception:
            _logger.exception("request %s (%s %s) failed", request_id, scope["method"], scope["path"])
            if not begun:
                await problem_response(internal_problem(request_id))(scope, receive, send_labelled)


class BodyLimit:
    """Refuses request bodies above a size: by what they say of themselves, and by what comes in."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._declared(Headers(scope=scope)) > self.max_bytes:
            refusal = to_problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _BODY_TOO_LARGE, self._detail, scope["state"]["request_id"]
            )
            await problem_response(refusal)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _BODY_TOO_LARGE, self._detail)
            return message

        await self.app(scope, receive_counted, send)

    @property
    def _detail(self) -> str:
        return f"the request is larger than the {self.max_bytes} bytes that are taken; send less at a time"

    def _declared(self, headers: Headers) -> int:
        declared = headers.get("content-length", "0")
        return int(declared) if declared.isdecimal() else 0


def _request_id(headers: Headers) -> str:
    brought = headers.get(REQUEST_ID, "")
    return brought if _ACCEPTED_ID.fullmatch(brought) else uuid.uuid4().hex
