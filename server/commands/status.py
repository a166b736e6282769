"""Exit statuses, the same for every command."""

from collections.abc import Sequence
from enum import IntEnum

from tools.types import IngestedDocument


class Status(IntEnum):
    """What the process says to its caller when it ends."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    PARTLY = 4
    INTERRUPTED = 130
    """128 + SIGINT, as shells have it."""
    BROKEN_PIPE = 141
    """128 + SIGPIPE: whoever read the output went away."""


def ingest_status(outcomes: Sequence[IngestedDocument]) -> Status:
    """Tell whether all, some or none of the files were taken."""
    failed = sum(outcome["state"] == "failed" for outcome in outcomes)
    if not failed:
        return Status.DONE
    return Status.FAILED if failed == len(outcomes) else Status.PARTLY
