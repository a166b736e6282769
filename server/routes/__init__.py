"""Our own routes, whole without LangServe."""

from fastapi import APIRouter

from server.routes import documents, health, threads


def build_router() -> APIRouter:
    """Put the routes together."""
    router = APIRouter()
    for part in (health.build_router(), documents.build_router(), threads.build_router()):
        router.include_router(part)
    return router
