"""`pageloom serve`: the HTTP service."""

import argparse
import asyncio
import socket
import sys
from contextlib import suppress

import uvicorn
from typing_extensions import override

from server.app import create_app
from server.bootstrap import open_service
from server.commands.status import Status
from server.settings import Settings, load_settings
from tools.errors import PageloomError

_SHUTDOWN_S = 10


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; the address is printed once requests are answered."""
    settings = load_settings()
    host, port = args.host or settings.host, settings.port if args.port is None else args.port
    asyncio.run(_open_once(settings))
    app = create_app(settings.model_copy(update={"host": host, "port": port}))
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=_SHUTDOWN_S)
    with _listen(host, port) as listener:
        server = _Server(config, to_address(listener))
        with suppress(SystemExit):  # uvicorn's status for a failed start means something else here
            server.run(sockets=[listener])
    return Status.DONE if server.started else Status.FAILED


class _Server(uvicorn.Server):
    """A server that says where it is, once it is there."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:  # pragma: no branch - uvicorn of today ends the process when it cannot start
            sys.stderr.write(f"pageloom: listening on {self._address}\n")
            sys.stderr.flush()


def to_address(listener: socket.socket) -> str:
    """Return the URL of a listening socket, with the port that it really got."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as exc:
        reason = str(exc.strerror).partition(" (")[0]  # Python adds the address, which stands here already
        msg = f"cannot listen on {host} port {port} ({reason}); choose another with --host or --port"
        raise PageloomError(msg) from exc


async def _open_once(settings: Settings) -> None:
    """Meet what keeps the service from opening here: the server would show it as a traceback."""
    async with open_service(settings):
        pass
