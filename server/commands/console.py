"""What the commands print: JSON documents, tables and text that cannot play tricks on a terminal."""

import io
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.errors import PasswordNeededError, SettingError
from tools.types import IngestedDocument

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def write_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document in UTF-8, whatever the locale says."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def write_line(line: str) -> None:
    """Print one line of text."""
    sys.stdout.write(printable(line) + "\n")


def write_table(heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    """Print rows in columns under their heads; numbers are set flush right."""
    cells = [list(heads), *([printable(str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(isinstance(row[index], int) for row in rows) for index in range(len(heads))]
    for line in cells:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def complain(message: str) -> None:
    """Tell on stderr who complains and about what, in one line."""
    sys.stderr.write(f"pageloom: {printable(' '.join(message.split()))}\n")


def printable(text: str) -> str:
    """Drop control characters: a PDF or a file name must not steer the terminal that shows it."""
    return _CONTROL.sub("", text)


def to_message(outcome: IngestedDocument) -> str:
    """Return why a file failed and what to do about it on the command line."""
    hint = " with --password-file" if outcome["code"] == PasswordNeededError.code else ""
    return outcome["message"] + hint


def to_ranges(pages: Iterable[int]) -> str:
    """Write page numbers short: `1, 4-6`."""
    runs = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1] - pair[0])
    ends = [(run[0][1], run[-1][1]) for run in (list(group) for _, group in runs)]
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def read_password(file: str | None) -> str | None:
    """Return the first line of a file, or of stdin for `-`; `None` when no file is named.

    Raises:
        SettingError: The file cannot be read.
    """
    if file is None:
        return None
    try:
        text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        msg = f"--password-file: {file!r} cannot be read ({reason})"
        raise SettingError(msg) from None  # the cause may quote the file
    return (text.splitlines() or [""])[0]
