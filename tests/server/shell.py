"""A shell for tests: runs the command line in this process against a data directory of its own."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from server.cli import main


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    @override
    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs commands."""

    directory: Path
    """Where commands are run; its `data` holds what they store."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    def run(self, *arguments: str | Path, stdin: str = "", terminal: bool = False, **variables: str) -> Result:
        """Run `pageloom` with arguments and environment variables."""
        out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.directory)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in ({"PAGELOOM_DATA_DIR": str(self.data)} | variables).items():
                patch.setenv(name, value)
            try:
                status = main([str(argument) for argument in arguments])
            except SystemExit as end:
                status = int(end.code or 0)
        return Result(status, out.getvalue(), err.getvalue())
