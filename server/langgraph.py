"""The assistant for `langgraph dev` and LangGraph platforms, as `langgraph.json` names it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphs.assistant import AssistantGraph, build_assistant_graph
from server.bootstrap import open_service
from server.settings import load_settings


@asynccontextmanager
async def assistant() -> AsyncIterator[AssistantGraph]:
    """Open the service and give the parent graph without a checkpointer: the platform brings its own."""
    async with open_service(await asyncio.to_thread(load_settings)) as service:
        yield build_assistant_graph(service.agents, None)
