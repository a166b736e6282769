import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from graphs.streams import run_apart


async def test_pieces_come_in_order() -> None:
    """A stream that is read to its end is the stream itself."""
    assert [piece async for piece in run_apart(_count(3))] == [0, 1, 2]


async def test_an_error_reaches_the_reader_behind_the_pieces_before_it() -> None:
    """What was yielded before an error is not lost."""
    pieces = run_apart(_count(2, then=ZeroDivisionError()))

    assert [await anext(pieces), await anext(pieces)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        await anext(pieces)


async def test_leaving_stops_the_work() -> None:
    """Work behind a stream that is left half way is over when the reader goes on."""
    ended = asyncio.Event()
    async with aclosing(run_apart(_endless(ended))) as pieces:
        first = await anext(pieces)

    assert first == 0
    assert ended.is_set()


async def test_work_is_cancelled_once_however_often_the_reader_is() -> None:
    """Cleaning up behind a stream is not interrupted by impatience."""
    ended = asyncio.Event()
    reader = asyncio.create_task(_read(run_apart(_endless(ended, cleanup_s=0.05))))
    await asyncio.sleep(0.01)
    for _ in range(3):
        reader.cancel()
        await asyncio.sleep(0)

    await asyncio.wait_for(ended.wait(), 5)


async def _read(pieces: AsyncIterator[int]) -> None:
    async for _ in pieces:
        pass


async def _count(end: int, then: Exception | None = None) -> AsyncIterator[int]:
    for number in range(end):
        yield number
    if then:
        raise then


async def _endless(ended: asyncio.Event, cleanup_s: float = 0.0) -> AsyncIterator[int]:
    try:
        yield 0
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(cleanup_s)
        ended.set()
