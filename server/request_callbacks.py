"""Callbacks that a caller may ask for by name in a header, for one request, whichever route it takes."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Request
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook

from callbacks.timing import TimingCallback, Timings
from server.errors import RefusedRequestError, request_id_of

_logger = logging.getLogger(__name__)
_TIMING: ContextVar[BaseCallbackHandler | None] = ContextVar("timing_callback", default=None)
register_configure_hook(_TIMING, inheritable=True)  # once a process: LangChain asks the variable at every call


async def use_request_callbacks(
    request: Request,
    x_callbacks: Annotated[
        str, Header(description="Names of callbacks for this request, parted by commas: `timing`.", max_length=200)
    ] = "",
) -> None:
    """Switch on the callbacks that the request names.

    Must be asynchronous: FastAPI runs other dependencies in a thread, whose context variables the route never sees.

    Raises:
        RefusedRequestError: A name is not on the list.
    """
    names = {name.strip() for name in x_callbacks.split(",")} - {""}
    if unknown := names - _KNOWN.keys():
        detail = f"unknown callbacks {', '.join(sorted(unknown))}; known: {', '.join(_KNOWN)}"
        raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "unknown_callback", detail)
    for name in names:
        _KNOWN[name](request)


def _use_timing(request: Request) -> None:
    _TIMING.set(TimingCallback(partial(_tell_timings, request)))


def _tell_timings(request: Request, timings: Timings) -> None:
    """Leave the timings for the response's header, if it is not gone yet, and in the log."""
    request.state.server_timing = ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in timings.items())
    _logger.info("request %s took %s", request_id_of(request), request.state.server_timing)


_KNOWN: dict[str, Callable[[Request], None]] = {"timing": _use_timing}
