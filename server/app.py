"""The HTTP application: our own routes, LangServe beside them, and what stands in front of both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel

from server.bootstrap import open_service
from server.errors import install_error_handlers
from server.intake import Intake
from server.jobs import open_jobs
from server.middleware import BodyLimit, RequestEdge
from server.parts import Parts, put_parts
from server.routes import build_router
from server.settings import Settings


def create_app(
    settings: Settings, *, model: BaseChatModel | None = None, embeddings: Embeddings | None = None
) -> FastAPI:
    """Build the application; everything it needs is opened when it starts and closed when it stops.

    It starts once: build another application to start again. The interactive API pages are left out, because they
    load their scripts from other hosts; `/openapi.json` describes every route.

    Args:
        settings: What the operator chose.
        model: Chat model in place of the one that the settings name.
        embeddings: Embeddings in place of the ones that the settings name.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_service(settings, model=model, embeddings=embeddings) as service, open_jobs(service) as jobs:
            parts = Parts(service, jobs, Intake(service, jobs))
            put_parts(app, parts)
            if settings.langserve:
                _add_langserve_routes(app, parts)
            yield

    app = FastAPI(title="Pageloom", version=version("pageloom"), docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(RequestEdge)
    install_error_handlers(app)
    app.include_router(build_router())
    return app


def _add_langserve_routes(app: FastAPI, parts: Parts) -> None:
    """Import LangServe only when it is wanted: it is deprecated upstream, and a setting leaves it out."""
    from server.langserve import add_langserve_routes  # noqa: PLC0415 # see above

    add_langserve_routes(app, parts)
