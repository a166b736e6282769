"""The command line: parse, call, and turn every expected end into one line and an exit status."""

import io
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module

from server.commands.arguments import parse
from server.commands.console import complain
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
        return _run(argv)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return Status.BROKEN_PIPE
    except KeyboardInterrupt:
        return _fail("interrupted; finished work is kept", Status.INTERRUPTED)
    except SettingError as error:
        return _fail(f"error: {error}", Status.USAGE)
    except OSError as error:
        place = f"{error.filename!r}: " if error.filename else ""
        return _fail(f"error: {place}{error.strerror or error}", Status.FAILED)
    except (PageloomError, sqlite3.Error) as error:
        return _fail(f"error: {error}", Status.FAILED)


def _run(argv: Sequence[str] | None) -> int:
    """Parse and call; a command is imported late, so that `--help` does not wait for LangChain."""
    try:
        args = parse(argv)
        return int(import_module(args.module).run(args))
    finally:
        sys.stdout.flush()  # here, where a reader that went away is met without noise


def _prepare() -> None:
    """Keep libraries from printing and from calling home; spell out what the terminal's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="pageloom: %(levelname)s: %(message)s")


def _fail(message: str, status: Status) -> Status:
    complain(message)
    return status
