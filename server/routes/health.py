"""Whether the service lives and can work, and where its doors are."""

import asyncio
import sqlite3
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from server.errors import RefusedRequestError
from server.parts import GivenParts
from server.routes.problems import describe_problems
from server.schemas import Health

_LANGSERVE = ("assistant", "ingest", "retrieval", "answer")


def build_router() -> APIRouter:
    """Build the routes."""
    router = APIRouter(tags=["health"])
    router.get("/", summary="Where the doors are")(show_index)
    router.get("/healthz", summary="Whether the process lives")(tell_alive)
    router.get(
        "/readyz",
        summary="Whether the store answers",
        responses=describe_problems(HTTPStatus.SERVICE_UNAVAILABLE),
    )(tell_ready)
    return router


async def show_index(parts: GivenParts) -> dict[str, Any]:
    """List the doors, and the tokens used since the start."""
    settings = parts.service.settings
    playgrounds = {name: f"/{name}/playground/" for name in _LANGSERVE} if settings.langserve else {}
    return {
        "name": "Pageloom",
        "links": {"documents": "/documents", "threads": "/threads", "openapi": "/openapi.json", "ready": "/readyz"},
        "playgrounds": playgrounds,
        "model": settings.chat_model,
        "embeddings": settings.embeddings,
        "usage": parts.service.usage.totals(),
    }


async def tell_alive() -> Health:
    """Answer as long as the process does."""
    return Health()


async def tell_ready(parts: GivenParts) -> Health:
    """Answer once the store does."""
    try:
        await asyncio.to_thread(parts.service.store.collections)
    except sqlite3.Error as exc:
        detail = "the store does not answer; try again later"
        raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail) from exc
    return Health()
