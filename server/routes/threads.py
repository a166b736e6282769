"""Threads: conversations, and the questions asked in them."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.utils import AddableDict
from sse_starlette import EventSourceResponse, JSONServerSentEvent

from graphs.assistant import Assistant
from graphs.state import AssistantInput
from server.bootstrap import Service
from server.errors import error_problem, internal_problem, request_id_of
from server.parts import GivenParts
from server.request_callbacks import use_request_callbacks
from server.routes.problems import describe_problems
from server.schemas import AnswerObject, Question, ThreadCreated, ThreadObject
from tools.errors import PageloomError, UnknownNameError

EVENT_STREAM = "text/event-stream"
_CLIENT_CLOSED_REQUEST = 499
_UNKNOWN = describe_problems(HTTPStatus.NOT_FOUND)
_logger = logging.getLogger(__name__)

ThreadPath = Annotated[str, Path(description="Name of the conversation.", min_length=1, max_length=200)]


def build_router() -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/threads", tags=["threads"])
    router.post("", status_code=HTTPStatus.CREATED, summary="Begin a conversation")(begin_thread)
    router.get("/{thread_id}", summary="Show a conversation", responses=_UNKNOWN)(show_thread)
    router.post(
        "/{thread_id}/runs",
        summary="Ask a question",
        response_model=AnswerObject,
        responses={
            **_UNKNOWN,
            200: {"content": {EVENT_STREAM: {}}, "description": "The answer, whole or as it comes."},
        },
        dependencies=[Depends(use_request_callbacks)],
    )(ask)
    return router


async def begin_thread(parts: GivenParts) -> ThreadCreated:
    """Begin a conversation; follow-up questions asked in it are understood from what was said before."""
    thread_id = str(uuid.uuid4())
    await parts.service.assistant.graph.aupdate_state(_config(thread_id), {"turns": []}, as_node="remember")
    return ThreadCreated(thread_id=thread_id)


async def show_thread(parts: GivenParts, thread_id: ThreadPath) -> ThreadObject:
    """Show the questions and answers so far."""
    return ThreadObject(thread_id=thread_id, turns=await _read_turns(parts.service.assistant, thread_id))


async def ask(request: Request, parts: GivenParts, thread_id: ThreadPath, body: Question) -> Response:
    """Answer a question, as one JSON object or, with `Accept: text/event-stream`, word by word.

    The stream holds `answer` events whose pieces add up to the text, then one `result` event with the whole answer
    object, or one `error` event with a problem. A client that goes away ends the run.
    """
    await _read_turns(parts.service.assistant, thread_id)
    question = await asyncio.to_thread(_to_input, parts.service, body)
    pieces = parts.service.assistant.astream(question, _config(thread_id))
    if EVENT_STREAM in request.headers.get("accept", ""):
        return EventSourceResponse(_events(pieces, request_id_of(request)), sep="\n")
    answer = await _unless_gone(request, _sum(pieces))
    return Response(status_code=_CLIENT_CLOSED_REQUEST) if answer is None else JSONResponse(answer)


async def _read_turns(assistant: Assistant, thread_id: str) -> list[Any]:
    snapshot = await assistant.graph.aget_state(_config(thread_id))
    if snapshot.created_at is None:
        kind, remedy = "thread", "begin one with POST /threads"
        raise UnknownNameError(kind, thread_id, remedy)
    turns: list[Any] = snapshot.values.get("turns", [])
    return turns


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _to_input(service: Service, body: Question) -> AssistantInput:
    """Refuse names that do not exist: a misspelt one must not look like an empty collection."""
    default = service.settings.collection
    if body.collection not in {None, default, *service.store.collections()}:
        kind, remedy = "collection", "upload a document into it first"
        raise UnknownNameError(kind, body.collection or "", remedy)
    for document_id in body.documents or []:
        service.store.document(document_id, model=service.settings.embeddings)
    return AssistantInput(question=body.question, collection=body.collection or default, documents=body.documents)


async def _events(pieces: AsyncIterator[Any], request_id: str) -> AsyncIterator[JSONServerSentEvent]:
    total = AddableDict()
    try:
        async with aclosing(pieces):  # type: ignore[type-var] # `astream` is a generator, typed as an iterator
            async for piece in pieces:
                total = total + piece
                if "answer" in piece:
                    yield JSONServerSentEvent(piece, event="answer")
        yield JSONServerSentEvent(total, event="result")
    except PageloomError as error:
        yield JSONServerSentEvent(error_problem(error, request_id), event="error")
    except Exception:
        _logger.exception("request %s failed while it streamed", request_id)
        yield JSONServerSentEvent(internal_problem(request_id), event="error")


async def _sum(pieces: AsyncIterator[Any]) -> AddableDict:
    total = AddableDict()
    async for piece in pieces:
        total = total + piece
    return total


async def _unless_gone(request: Request, work: Awaitable[AddableDict]) -> AddableDict | None:
    """Wait for the work, or stop it and return `None` when the client goes away first.

    The body has been read, so all that can still come in is that the client has gone.
    """
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)
