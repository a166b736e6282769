"""From paths on the command line to files with names: walk directories, refuse the unreadable, tell twins apart."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.errors import DocumentError, MissingFileError, NoPdfsFoundError, NotAPdfError

_SUFFIX = ".pdf"


@dataclass(frozen=True)
class FoundFile:
    """One file to take in, or one path that leads to none."""

    path: str
    """As the caller gave it, or below the directory that the caller gave."""
    shown: str
    """The path as text: bytes that are no UTF-8 are spelled out."""
    name: str
    """What the collection will call it."""
    error: DocumentError | None = None
    """Why it cannot even be opened; `None` when it can."""


@dataclass(frozen=True)
class _Candidate:
    path: str
    depth: int
    """How many parts of the path, from its end, make the name."""
    error: DocumentError | None


def find_files(paths: Sequence[str]) -> list[FoundFile]:
    """Return the files that paths lead to, in the order of the paths, each file once.

    Directories are searched to the bottom for `*.pdf` in any case; hidden entries and links to directories are left
    out. A file is called by its base name, one of a directory by its path below it, both with as much of the path
    before it as tells it from the others.
    """
    candidates = list(_unique(candidate for path in paths for candidate in _candidates(path)))
    names = _names(candidates)
    return [FoundFile(c.path, _text(c.path), name, c.error) for c, name in zip(candidates, names, strict=True)]


def _candidates(path: str) -> Iterator[_Candidate]:
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir() raises for names that are too long
        yield _Candidate(path, 1, _obstacle(path))
        return
    below = sorted(_pdfs_below(path), key=lambda found: found.parts)
    if not below:
        yield _Candidate(path, 1, NoPdfsFoundError(_text(path)))
    for found in below:
        whole = str(Path(path) / found)
        yield _Candidate(whole, len(found.parts), _obstacle(whole))


def _pdfs_below(directory: str) -> Iterator[Path]:
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.lower().endswith(_SUFFIX) and not name.startswith("."):
                yield (Path(folder) / name).relative_to(directory)


def _obstacle(path: str) -> DocumentError | None:
    """Say why a file cannot be opened; pipes and devices are refused, because opening one may wait for ever."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return NotAPdfError(_text(path), "not a regular file")
        with Path(path).open("rb"):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return MissingFileError(_text(path))
    except OSError as exc:
        return DocumentError(_text(path), exc.strerror or str(exc))


def _unique(candidates: Iterator[_Candidate]) -> Iterator[_Candidate]:
    """Leave out what was there before, under whatever path."""
    seen = set[str]()
    for candidate in candidates:
        real = os.path.realpath(candidate.path)
        if real not in seen:
            seen.add(real)
            yield candidate


def _names(candidates: Sequence[_Candidate]) -> list[str]:
    """Name the candidates, taking in parents until no two names are the same."""
    paths = [Path(os.path.abspath(c.path)).parts[1:] for c in candidates]  # noqa: PTH100 - resolve() would follow links
    depths = [candidate.depth for candidate in candidates]
    while True:
        names = ["/".join(parts[-depth:]) for parts, depth in zip(paths, depths, strict=True)]
        uses = Counter(names)
        deeper = [min(d + (uses[n] > 1), len(p)) for p, d, n in zip(paths, depths, names, strict=True)]
        if deeper == depths:
            return [_text(name) for name in names]
        depths = deeper


def _text(path: str) -> str:
    """Return a path as text that can be stored and printed, as the ingest agent spells it too."""
    return path.encode("utf-8", "backslashreplace").decode()
