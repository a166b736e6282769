import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from tools.errors import WorkerError, WorkerTimeoutError
from tools.worker import Message, Worker, WorkerLimits, WorkerPool, run_child


def handle(request: Message) -> Iterator[Message]:
    """Do what the request says; this module is the child of its own tests."""
    for step in request["steps"]:
        match step:
            case "hang":
                time.sleep(60)
            case "print":
                os.write(1, b"a native library talks\n")
                print("so does Python")  # noqa: T201 - that is the point
            case "die":
                os.kill(os.getpid(), signal.SIGABRT)
            case "raise":
                message = "this child raises"
                raise ValueError(message)
            case "hoard":
                bytearray(1 << 30)
            case "shout":
                yield {"said": "x" * (65 << 20)}
            case "secret":
                yield {"said": os.environ.get("OPENAI_API_KEY", "nothing")}
            case _:
                yield {"said": step, "pid": os.getpid()}


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """Yield a worker that runs this module."""
    worker = Worker("tests.tools.test_worker", WorkerLimits(memory_bytes=1 << 29))
    yield worker
    await worker.close()


async def ask(worker: Worker | WorkerPool, *steps: str, timeout_s: float = 20.0) -> list[Message]:
    """Collect all replies to a request."""
    return [reply async for reply in worker.ask({"steps": steps}, timeout_s=timeout_s)]


def is_alive(pid: int) -> bool:
    """Tell whether a process is there, even as a zombie."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_replies_come_in_order(worker: Worker) -> None:
    """A request brings a stream of replies, one after the other."""
    replies = await ask(worker, "one", "two")

    assert [reply["said"] for reply in replies] == ["one", "two"]


async def test_the_child_stays_between_requests(worker: Worker) -> None:
    """One process serves several requests."""
    first, second = await ask(worker, "one"), await ask(worker, "two")

    assert first[0]["pid"] == second[0]["pid"] == worker.pid


async def test_what_libraries_print_does_not_reach_the_replies(worker: Worker) -> None:
    """Output of native code and of Python inside the child leaves the replies whole."""
    replies = await ask(worker, "print", "one")

    assert [reply["said"] for reply in replies] == ["one"]


@pytest.mark.parametrize(
    ("step", "words"),
    [("die", "SIGABRT"), ("raise", "ValueError: this child raises"), ("hoard", "MemoryError")],
)
async def test_a_death_is_told_with_its_cause(worker: Worker, step: str, words: str) -> None:
    """A child that dies raises an error with the signal or the last words, and the next request gets a new child."""
    with pytest.raises(WorkerError, match=words):
        await ask(worker, "one", step)

    assert [reply["said"] for reply in await ask(worker, "again")] == ["again"]


async def test_a_hang_ends_at_the_limit(worker: Worker) -> None:
    """A child that gives no answer in time is killed and collected."""
    pid = (await ask(worker, "one"))[0]["pid"]
    with pytest.raises(WorkerTimeoutError, match=r"within 0\.2 s"):
        await ask(worker, "hang", timeout_s=0.2)

    assert not is_alive(pid)


async def test_the_first_reply_may_have_its_own_limit(worker: Worker) -> None:
    """Starting up may take longer than each later reply."""
    replies = worker.ask({"steps": ["one", "hang"]}, timeout_s=0.1, first_timeout_s=20.0)
    with pytest.raises(WorkerTimeoutError, match=r"within 0\.1 s"):
        _ = [reply async for reply in replies]


async def test_an_answer_too_large_to_hold_is_refused() -> None:
    """A reply of more than 64 MB is an error, not a full memory."""
    roomy = Worker("tests.tools.test_worker", WorkerLimits())
    with pytest.raises(WorkerError, match="larger than"):
        await ask(roomy, "shout")


async def test_a_stream_left_early_costs_the_child_its_life(worker: Worker) -> None:
    """No late reply of one request meets the next request."""
    async with aclosing(worker.ask({"steps": ["one", "two", "three"]}, timeout_s=20.0)) as replies:
        first = await anext(replies)

    assert not is_alive(first["pid"])
    assert [reply["said"] for reply in await ask(worker, "fresh")] == ["fresh"]


async def test_a_cancelled_request_leaves_no_process(worker: Worker) -> None:
    """Cancelling the task that waits kills the child it waited for."""
    pid = (await ask(worker, "one"))[0]["pid"]
    task = asyncio.create_task(ask(worker, "hang"))
    await asyncio.sleep(0.1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert not is_alive(pid)


async def test_a_child_killed_from_outside_is_replaced(worker: Worker) -> None:
    """A child that was killed while idle is noticed at the next request."""
    pid = (await ask(worker, "one"))[0]["pid"]
    os.kill(pid, signal.SIGKILL)
    while worker.is_running:  # noqa: ASYNC110 - the event loop notices by itself
        await asyncio.sleep(0.01)

    assert (await ask(worker, "two"))[0]["pid"] != pid


async def test_closing_collects_the_child(worker: Worker) -> None:
    """After closing there is neither a process nor a zombie."""
    pid = (await ask(worker, "one"))[0]["pid"]
    await worker.close()

    assert worker.pid is None
    assert not is_alive(pid)


async def test_closing_kills_a_child_at_work(worker: Worker) -> None:
    """A child that does not leave by itself is killed, and the one who waits for it is told."""
    task = asyncio.create_task(ask(worker, "hang"))
    while not worker.pid:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)
    await worker.close()
    with pytest.raises(WorkerError):
        await task

    assert worker.pid is None


async def test_secrets_stay_with_the_parent(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment of the service are not in that of its children."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    replies = await ask(worker, "secret")

    assert replies == [{"said": "nothing"}]


async def test_a_child_imports_nothing_from_where_the_user_stands(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package in the working directory that is called like one of ours is not taken for it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    replies = await ask(worker, "one")

    assert [reply["said"] for reply in replies] == ["one"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no signal for the death of a parent")
async def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """A busy child does not outlive a parent that was killed."""
    note = tmp_path / "pid"
    script = (
        "import asyncio, pathlib\n"
        "from tools.worker import Worker, WorkerLimits\n"
        "async def main():\n"
        "    worker = Worker('tests.tools.test_worker', WorkerLimits())\n"
        "    async for reply in worker.ask({'steps': ['one', 'hang']}, timeout_s=60):\n"
        f"        pathlib.Path({str(note)!r}).write_text(str(reply['pid']))\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=Path(__file__).parents[2])
    while not (note.exists() and note.read_text()):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)
    parent.kill()
    await parent.wait()
    deadline = time.monotonic() + 5
    while is_alive(int(note.read_text())) and time.monotonic() < deadline:  # noqa: ASYNC110 - the system does it
        await asyncio.sleep(0.05)

    assert not is_alive(int(note.read_text()))


async def test_a_pool_works_on_several_requests_at_once() -> None:
    """Two workers of a pool serve two requests at the same time, a third waits."""
    pool = WorkerPool("tests.tools.test_worker", size=2, limits=WorkerLimits())
    replies = await asyncio.gather(*(ask(pool, str(number)) for number in range(3)))
    await pool.close()

    assert [reply[0]["said"] for reply in replies] == ["0", "1", "2"]
    assert len({reply[0]["pid"] for reply in replies}) == 2


async def test_a_pool_replaces_workers_after_their_share() -> None:
    """A worker that has served its number of requests makes room for a new process."""
    pool = WorkerPool("tests.tools.test_worker", size=1, limits=WorkerLimits(), max_requests=2)
    pids = [(await ask(pool, "one"))[0]["pid"] for _ in range(4)]
    await pool.close()

    assert pids[0] == pids[1] != pids[2] == pids[3]


if __name__ == "__main__":
    run_child(handle)
