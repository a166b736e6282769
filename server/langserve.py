"""The LangServe doors: the one module that knows LangServe, which is deprecated upstream and can be left out."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableLambda
from langchain_core.runnables.utils import AddableDict
from langgraph.types import Command, Send
from langserve import add_routes
from langserve.serialization import WellKnownLCSerializer
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from graphs.answer import build_answer_graph
from graphs.assistant import stream_answer
from graphs.retrieval import build_retrieval_graph
from graphs.state import RetrievalInput
from server.bootstrap import Service
from server.errors import RefusedRequestError
from server.intake import Intake
from server.parts import Parts
from server.request_callbacks import use_request_callbacks
from server.schemas import AnswerBody, AnswerObject, IngestBody, IngestedObject, Question, RetrievalObject
from tools.errors import DocumentError

THREAD_HEADER = "X-Thread-ID"
_BATCH_AT_ONCE = 4
_BLOCK = 1 << 20
Door = Runnable[Any, Any]


class BadBase64Error(DocumentError):
    """Raised when a file that should be base64 is not."""

    code: ClassVar[str] = "bad_base64"
    problem: ClassVar[str] = "is not base64; send the file's bytes in base64"


def add_langserve_routes(app: FastAPI, parts: Parts) -> None:
    """Mount `/assistant`, `/ingest`, `/retrieval` and `/answer`, each with its playground.

    A conversation is named by `configurable.thread_id` in the body, or by the header `X-Thread-ID` where the body
    names none. A batch takes threads from its body only: its items run side by side, and one thread for all of them
    would have them talk at once.
    """
    service = parts.service
    _add(app, parts, "/assistant", Question, _build_assistant_door(service), AnswerObject)
    _add(app, parts, "/ingest", IngestBody, _build_ingest_door(parts.intake), IngestedObject)
    _add(app, parts, "/retrieval", Question, _build_retrieval_door(service), RetrievalObject)
    _add(app, parts, "/answer", AnswerBody, _build_answer_door(service), AnswerObject)


class EventSerializer(WellKnownLCSerializer):
    """Writes whatever a graph lets out in events: what it does not know is named by its type, never shown.

    LangServe's own fails at a `Send`, and the playground with it (langserve#721).
    """

    @override
    def dumps(self, obj: Any) -> bytes:
        options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
        return orjson.dumps(obj, default=_to_plain, option=options)


def _add(  # noqa: PLR0913, PLR0917 - a table row each, see above
    app: FastAPI,
    parts: Parts,
    path: str,
    body: type[BaseModel],
    door: Door,
    output: type[BaseModel],
) -> None:
    checks = _build_body_check(body, parts.service.settings.max_batch)
    add_routes(
        app,
        door.with_types(input_type=body, output_type=output).with_config(max_concurrency=_BATCH_AT_ONCE),
        path=path,
        dependencies=[Depends(checks), Depends(use_request_callbacks)],
        per_req_config_modifier=_name_thread,
        serializer=EventSerializer(),
    )


def _build_assistant_door(service: Service) -> Door:
    join = RunnableGenerator[Any, Any](_join_for_playground).with_config(run_name="join")  # type: ignore[arg-type] # as below
    return _with_collection(service) | service.assistant | join


async def _join_for_playground(pieces: AsyncIterator[Any], config: RunnableConfig) -> AsyncIterator[Any]:
    """Pass pieces on, but give the playground the answer in one: it would print every word as an object of its own."""
    if config.get("metadata", {}).get("__langserve_endpoint") != "stream_log":
        async for piece in pieces:
            yield piece
        return
    whole = AddableDict()
    async for piece in pieces:
        whole += piece
    yield whole


def _build_retrieval_door(service: Service) -> Door:
    graph = build_retrieval_graph(service.agents.retrieval)

    async def retrieve(body: RetrievalInput, config: RunnableConfig) -> Any:
        """Give the outcome as one piece: a graph by itself would stream what each node changes."""
        return await graph.ainvoke(body, config)

    return _with_collection(service) | RunnableLambda(retrieve)


def _build_answer_door(service: Service) -> Door:
    graph = build_answer_graph(service.agents.answer)

    async def answer(bodies: AsyncIterator[Any], config: RunnableConfig) -> AsyncIterator[Any]:
        async for body in bodies:
            plain = AnswerBody.model_validate(body).model_dump()
            async for piece in stream_answer(graph, plain, config):
                yield piece

    write = RunnableGenerator[Any, Any](answer)  # type: ignore[arg-type] # takes `config` too, by inspection
    return _with_collection(service) | write


def _build_ingest_door(intake: Intake) -> Door:
    async def ingest(body: dict[str, Any]) -> dict[str, Any]:
        """Take the file in and wait until it is found by keyword; a caller who leaves does not stop it."""
        try:
            data = await asyncio.to_thread(_decode, body["file"], body["name"])
        except BadBase64Error as error:
            return _entry(body["name"], "failed", error=error)
        name = body["name"] or f"document-{hashlib.sha256(data).hexdigest()[:8]}.pdf"
        receipt = await intake.take(_blocks(data), name=name, collection=body["collection"])
        if receipt.job is None:
            state = "failed" if receipt.error else "unchanged"
            return _entry(receipt.name, state, receipt.id, receipt.pages, receipt.error)
        outcome = await asyncio.shield(receipt.job)
        return {name: outcome[name] for name in IngestedObject.model_fields}  # type: ignore[literal-required] # same names

    return RunnableLambda(ingest)


def _with_collection(service: Service) -> Door:
    def fill_in(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "collection": body["collection"] or service.settings.collection}

    return RunnableLambda(fill_in).with_config(run_name="choose_collection")


def _decode(text: str, name: str) -> bytes:
    """Decode base64, with or without line breaks or the `data:` head that browsers put before it."""
    try:
        return base64.b64decode("".join(text.rpartition(",")[2].split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadBase64Error(name) from exc


async def _blocks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _BLOCK):
        yield data[start : start + _BLOCK]


def _entry(
    name: str, state: str, document_id: str | None = None, pages: int = 0, error: Exception | None = None
) -> dict[str, Any]:
    code, message = getattr(error, "code", None), str(error or "already there, nothing to do")
    return {"name": name, "id": document_id, "state": state, "code": code, "message": message, "pages": pages}


async def _name_thread(config: dict[str, Any], request: Request) -> dict[str, Any]:
    thread_id = request.headers.get(THREAD_HEADER)
    settings = config.get("configurable") or {}
    if not thread_id or settings.get("thread_id") or request.url.path.endswith("/batch"):
        return config
    return {**config, "configurable": {**settings, "thread_id": thread_id}}


def _build_body_check(body: type[BaseModel], max_batch: int) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """Build the dependency that refuses what LangServe would answer with a 500, or not limit at all."""

    async def check_body(request: Request) -> None:
        if request.method == "POST":
            given = await _read_json(request)
            if request.url.path.endswith("/batch") and isinstance(given, dict):
                _check_batch(given.get("inputs"), body, max_batch)

    return check_body


async def _read_json(request: Request) -> Any:
    """Read the body; Starlette keeps it for LangServe."""
    try:
        return await request.json()
    except RecursionError as exc:
        detail = "the JSON is nested too deeply"
        raise RefusedRequestError(HTTPStatus.BAD_REQUEST, "too_deep", detail) from exc
    except ValueError as exc:
        raise RequestValidationError(["not valid JSON"]) from exc


def _check_batch(inputs: Any, body: type[BaseModel], max_batch: int) -> None:
    if not isinstance(inputs, list):
        raise RequestValidationError([{"loc": ("body", "inputs"), "msg": "Input should be a valid list"}])
    if len(inputs) > max_batch:
        detail = f"{len(inputs)} inputs, at most {max_batch} are taken in one batch"
        raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "batch_too_large", detail)
    for number, given in enumerate(inputs):
        try:
            body.model_validate(given)
        except ValidationError as exc:
            place = ("body", "inputs", number)
            raise RequestValidationError([{**e, "loc": (*place, *e["loc"])} for e in exc.errors()]) from exc


def _to_plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump()
        case Send():
            return {"node": value.node, "arg": value.arg}
        case Command():
            return {"goto": value.goto, "update": value.update}
        case set() | frozenset():
            return list(value)
        case _:
            return f"<{type(value).__name__}>"
