"""Child processes that can be killed: dangerous or heavy work runs in them, one JSON line in, a stream of them out."""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from tools.errors import WorkerError, WorkerTimeoutError

Message = dict[str, Any]

_ROOT = Path(__file__).resolve().parents[1]
_LINE_LIMIT = 64 * 1024 * 1024
_STDERR_KEPT = 4000
_END: Message = {"end": True}
_PASSED_ON = ("COVERAGE_", "LANG", "LC_", "LD_", "DYLD_", "PATH", "PYTHON", "HOME", "TMP", "TEMP", "SYSTEMROOT", "TZ")
"""Variables a child may see. Keys and tokens are not among them: it parses files that strangers made."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class WorkerLimits:
    """What one child process may use."""

    memory_bytes: int = 1 << 30
    """Address space; a child that wants more is refused it and usually dies."""
    threads: int = 1
    nice: int = 0
    """How far the child steps back behind the service itself."""


class Worker:
    """One child process that runs a module calling `run_child`.

    It starts at the first request, takes one request at a time, and starts anew after it was killed. It belongs to
    the event loop that started it.
    """

    def __init__(self, module: str, limits: WorkerLimits) -> None:
        self._module = module
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._stderr = bytearray()
        self._listener: asyncio.Task[None] | None = None
        self.requests = 0
        """How many requests the present process has been given."""

    @property
    def pid(self) -> int | None:
        """Process id of the child, `None` while there is none."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the child is there and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def ask(
        self, request: Mapping[str, Any], *, timeout_s: float, first_timeout_s: float | None = None
    ) -> AsyncGenerator[Message, None]:
        """Send a request and yield the replies, waiting at most `timeout_s` for each one.

        `first_timeout_s` replaces the limit for the first reply. A stream that is not read to its end costs the
        child its life, so that no late reply meets the next request.

        Raises:
            WorkerTimeoutError: A reply did not come in time; the child has been killed.
            WorkerError: The child died.
        """
        done = False
        limit = first_timeout_s or timeout_s
        try:
            await self._send(request)
            while (reply := await self._receive(limit)) != _END:
                limit = timeout_s
                yield reply
            done = True
        finally:
            if not done:
                await self.kill()

    async def close(self) -> None:
        """Let an idle child leave by itself, then make sure that it is gone."""
        process = self._process
        if process and process.stdin and process.returncode is None:
            process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 1.0)
        await self.kill()

    async def kill(self) -> None:
        """Kill the child, if there is one, and collect it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.shield(process.wait())
        if self._listener:
            await self._listener
        _close_pipes(process)

    async def _send(self, request: Mapping[str, Any]) -> None:
        process = await self._started()
        self.requests += 1
        stdin = process.stdin
        if stdin is None:  # pragma: no cover - the pipe was asked for
            message = f"{self._module} has no input"
            raise WorkerError(message)
        with suppress(ConnectionError):  # its death is told, with its last words, when the reply is read
            stdin.write(_line(request))
            await stdin.drain()

    async def _receive(self, timeout_s: float) -> Message:
        process = self._process
        if process is None or process.stdout is None:
            message = f"{self._module} was stopped while it worked"
            raise WorkerError(message)
        try:
            line = await asyncio.wait_for(process.stdout.readline(), timeout_s)
        except TimeoutError as error:
            message = f"{self._module} gave no answer within {timeout_s:g} s and was stopped"
            raise WorkerTimeoutError(message) from error
        except ValueError as error:
            message = f"{self._module} gave an answer larger than {_LINE_LIMIT} bytes and was stopped"
            raise WorkerError(message) from error
        if not line.endswith(b"\n"):
            raise WorkerError(await self._last_words(process))
        reply: Message = json.loads(line)
        return reply

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process and self._process.returncode is not None:
            await self.kill()
        if self._process is None:
            self._process = await self._start()
        return self._process

    async def _start(self) -> asyncio.subprocess.Process:
        self.requests = 0
        self._stderr.clear()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # or a folder `tools` where the user happens to stand would be imported in place of ours
            "-m",
            self._module,
            json.dumps(asdict(self._limits)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            env=_child_environment(self._limits.threads),
            start_new_session=True,  # Ctrl-C is the parent's to handle: a page must not fail for it
        )
        self._listener = asyncio.create_task(self._listen(process))
        return process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keep the end of what the child writes to stderr; a full pipe would stop it."""
        while process.stderr and (data := await process.stderr.read(4096)):
            self._stderr += data
            del self._stderr[:-_STDERR_KEPT]

    async def _last_words(self, process: asyncio.subprocess.Process) -> str:
        try:  # its output has ended: it is on its way out, unless it closed the pipe itself
            code = await asyncio.wait_for(process.wait(), 2.0)
        except TimeoutError:
            process.kill()
            code = await process.wait()
        if self._listener:
            await self._listener
        words = self._stderr.decode(errors="replace").strip().splitlines()
        return f"{self._module} died ({_cause(code)})" + (f": {words[-1][:300]}" if words else "")


class WorkerPool:
    """Up to `size` workers of one module, each replaced after `max_requests` so that no leak lasts."""

    def __init__(self, module: str, *, size: int, limits: WorkerLimits, max_requests: int = 50) -> None:
        self._max_requests = max_requests
        self._slots = asyncio.Semaphore(size)
        self._idle = [Worker(module, limits) for _ in range(size)]
        self._all = tuple(self._idle)

    async def ask(
        self, request: Mapping[str, Any], *, timeout_s: float, first_timeout_s: float | None = None
    ) -> AsyncGenerator[Message, None]:
        """Wait for a free worker and yield its replies; see `Worker.ask`."""
        async with self._slots:
            worker = self._idle.pop()
            replies = worker.ask(request, timeout_s=timeout_s, first_timeout_s=first_timeout_s)
            try:
                async for reply in replies:
                    yield reply
            finally:
                await replies.aclose()
                if worker.requests >= self._max_requests:
                    await worker.close()
                self._idle.append(worker)

    async def close(self) -> None:
        """Stop every worker; those at work raise `WorkerError` at their callers."""
        await asyncio.gather(*(worker.close() for worker in self._all))


def run_child(handle: Callable[[Message], Iterator[Message]]) -> None:
    """Serve requests until the input ends: the main function of a child process.

    Whatever libraries print goes to stderr. An exception ends the process, its traceback is what the parent reports.
    """
    limits = WorkerLimits(**json.loads(sys.argv[1]))
    requests, replies = _claim_pipes()
    _bind_to_parent()
    _apply(limits)
    for line in requests:
        for reply in handle(json.loads(line)):
            _write(replies, reply)
        _write(replies, _END)


def _write(stream: TextIO, message: Message) -> None:
    stream.write(_line(message).decode())
    stream.flush()


def _line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _claim_pipes() -> tuple[TextIO, TextIO]:
    """Take the pipes away from descriptors 0 and 1, which native libraries write to as they please."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests, replies


def _bind_to_parent() -> None:
    """Ask Linux to end this process with its parent; elsewhere the end of the input does, once work is done."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _apply(limits: WorkerLimits) -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - the module does not exist on Windows

        os.nice(limits.nice)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":  # macOS refuses it
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def _child_environment(threads: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    paths = [str(_ROOT), *kept.get("PYTHONPATH", "").split(os.pathsep)]
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "ORT_DISABLE_TELEMETRY": "1",
    }


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:  # pragma: no cover - a signal without a name
        return f"signal {-code}"


def _close_pipes(process: asyncio.subprocess.Process) -> None:
    """Close the transport at once; the garbage collector would do it late and warn."""
    transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined] # noqa: SLF001 - no public way
    transport.close()
