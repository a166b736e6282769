"""The original files, kept by content so that pages can be shown and quotes boxed later."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

_BLOCK = 1 << 20


class FileStore:
    """A directory of PDFs named by their SHA-256; a file is either whole or not there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, sha256: str) -> Path:
        """Return where the file of that digest stands, or would stand."""
        return self.directory / sha256[:2] / f"{sha256}.pdf"

    def keep(self, source: Path, sha256: str) -> Path:
        """Copy a file in, unless it is there already, and return where it stands."""
        target = self.path(sha256)
        if not target.exists():
            with source.open("rb") as stream:
                self._write(target, iter(lambda: stream.read(_BLOCK), b""))
        return target

    def discard(self, sha256: str) -> None:
        """Delete a file that no document needs any more."""
        self.path(sha256).unlink(missing_ok=True)

    def _write(self, target: Path, blocks: Iterable[bytes]) -> None:
        """Write beside the target, sync and rename, so that a crash leaves no half file under the real name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(blocks)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
