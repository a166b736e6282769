import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.store.files import FileStore, digest_file

BYTES = b"%PDF-1.7 " + bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of two and a half megabytes."""
    path = tmp_path / "source.pdf"
    path.write_bytes(BYTES)
    return path


def test_the_digest_is_that_of_the_bytes(source: Path) -> None:
    """Files are known by the SHA-256 of what they hold."""
    assert digest_file(source) == SHA256


def test_a_kept_file_outlives_its_source(source: Path, tmp_path: Path) -> None:
    """The store has a copy of its own, found by digest."""
    files = FileStore(tmp_path / "files")
    kept = files.keep(source, SHA256)
    source.unlink()

    assert kept == files.path(SHA256)
    assert kept.read_bytes() == BYTES


def test_keeping_a_file_again_changes_nothing(source: Path, tmp_path: Path) -> None:
    """The second copy of the same bytes is not written."""
    files = FileStore(tmp_path / "files")
    before = files.keep(source, SHA256).stat().st_ino

    assert files.keep(source, SHA256).stat().st_ino == before


def test_a_discarded_file_is_gone(source: Path, tmp_path: Path) -> None:
    """Discarding works once and does not mind a second time."""
    files = FileStore(tmp_path / "files")
    kept = files.keep(source, SHA256)
    files.discard(SHA256)
    files.discard(SHA256)

    assert not kept.exists()


def test_a_source_that_vanished_leaves_nothing(tmp_path: Path) -> None:
    """What cannot be read is not kept, not even in part."""
    files = FileStore(tmp_path / "files")
    with pytest.raises(FileNotFoundError):
        files.keep(tmp_path / "gone.pdf", SHA256)

    assert not files.path(SHA256).exists()


def test_a_source_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """A read error in the middle of a copy leaves neither the file nor a part of it."""
    files = FileStore(tmp_path / "files")
    with pytest.raises(OSError, match="Input/output error"):
        files.keep(Path("/proc/self/mem"), SHA256)

    assert [path for path in files.directory.rglob("*") if path.is_file()] == []


_COPY = """
import os, resource, signal, sys
from pathlib import Path
from tools.store.files import FileStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN if sys.argv[3] == "full" else signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
try:
    FileStore(Path(sys.argv[1])).keep(Path(sys.argv[2]), "ab" * 32)
except OSError as error:
    sys.exit(error.errno)
"""


@pytest.mark.parametrize(
    ("how", "status", "left"),
    [pytest.param("full", errno.EFBIG, 0, id="disk-full"), pytest.param("killed", -signal.SIGXFSZ, 1, id="killed")],
)
def test_half_a_copy_never_has_the_real_name(source: Path, tmp_path: Path, how: str, status: int, left: int) -> None:
    """A process that ends or finds the disk full in the middle of a copy leaves no file that looks whole."""
    files = FileStore(tmp_path / "files")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    child = subprocess.run([sys.executable, "-c", _COPY, files.directory, source, how], env=environment, check=False)  # noqa: S603 # our own script

    assert child.returncode == status
    assert not files.path("ab" * 32).exists()
    assert len(list(files.directory.rglob(".incoming-*"))) == left
