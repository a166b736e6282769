"""How a stream is left half way: the graph behind it is stopped, whoever leaves and however they do it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Piece = TypeVar("Piece")


async def run_apart(pieces: AsyncIterator[Piece]) -> AsyncGenerator[Piece, None]:
    """Pass pieces on from a task of their own, which is cancelled once, and only once, when the reader leaves.

    A web server's task group cancels its tasks again and again until they end. LangGraph, cancelled a second time
    while it is stopping its nodes, would leave them running: a model would go on writing for nobody.
    """
    queue: asyncio.Queue[Piece | None] = asyncio.Queue()
    task = asyncio.create_task(_fill(queue, pieces))
    try:
        while (piece := await queue.get()) is not None:
            yield piece
        await task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _fill(queue: asyncio.Queue[Piece | None], pieces: AsyncIterator[Piece]) -> None:
    try:
        async for piece in pieces:
            queue.put_nowait(piece)
    finally:
        queue.put_nowait(None)
