"""The command line: parse, call, and turn every expected end into one line and an exit status."""

import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module

from server.commands.arguments import parse
from server.commands.status import Status
from tools.errors import PageloomError, SettingError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments behind the program's name; those of the process by default.

    Returns:
        The exit status.

    Raises:
        SystemExit: The arguments were help or version, or not understood.
    """
    _prepare()
    try:
        args = parse(argv)
        status = int(import_module(args.module).run(args))  # late, so that --help does not wait for LangChain
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return Status.BROKEN_PIPE
    except KeyboardInterrupt:
        return _fail("interrupted; finished work is kept", Status.INTERRUPTED)
    except SettingError as error:
        return _fail(f"error: {error}", Status.USAGE)
    except (PageloomError, OSError, sqlite3.Error) as error:
        return _fail(f"error: {error}", Status.FAILED)
    return status


def _prepare() -> None:
    """Keep libraries from printing and from calling home."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="pageloom: %(levelname)s: %(message)s")


def _fail(message: str, status: Status) -> Status:
    sys.stderr.write(f"pageloom: {' '.join(message.split())}\n")
    return status
