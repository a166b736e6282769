import os
import sys
from pathlib import Path

import pytest

from server.commands.files import find_files
from tools.errors import DocumentError


def _tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def _names(*paths: Path) -> list[str]:
    return [found.name for found in find_files([str(path) for path in paths])]


def _error(path: Path | str) -> DocumentError:
    (found,) = find_files([str(path)])
    assert found.error
    return found.error


def test_calls_a_file_by_its_base_name(tmp_path: Path) -> None:
    """A file named on the command line is called by its base name and keeps its path."""
    _tree(tmp_path, "a/report.pdf")

    (found,) = find_files([str(tmp_path / "a" / "report.pdf")])

    assert (found.name, found.path, found.error) == ("report.pdf", str(tmp_path / "a" / "report.pdf"), None)


def test_calls_files_of_a_directory_by_their_path_below_it(tmp_path: Path) -> None:
    """A directory gives its PDFs to the bottom, sorted, in any case of the suffix, without hidden ones."""
    _tree(tmp_path, "b.PDF", "a/c.pdf", "a/d.Pdf", "notes.txt", ".hidden.pdf", ".git/x.pdf")

    assert _names(tmp_path) == ["a/c.pdf", "a/d.Pdf", "b.PDF"]


def test_takes_a_file_of_any_suffix_that_is_named(tmp_path: Path) -> None:
    """A file that is named itself is taken whatever it is called, hidden ones included."""
    _tree(tmp_path, ".paper", "scan.bin")

    assert _names(tmp_path / ".paper", tmp_path / "scan.bin") == [".paper", "scan.bin"]


def test_tells_twins_apart_by_their_parents(tmp_path: Path) -> None:
    """Files of one name get as much of their path as tells them apart; others keep theirs."""
    _tree(tmp_path, "x/a/report.pdf", "y/a/report.pdf", "z/b/report.pdf", "plan.pdf")
    paths = [tmp_path / name for name in ("x/a/report.pdf", "y/a/report.pdf", "z/b/report.pdf", "plan.pdf")]

    assert _names(*paths) == ["x/a/report.pdf", "y/a/report.pdf", "b/report.pdf", "plan.pdf"]


def test_tells_twins_of_two_directories_apart(tmp_path: Path) -> None:
    """Paths below two directories that are the same get the directories' names."""
    _tree(tmp_path, "one/q1/r.pdf", "two/q1/r.pdf")

    assert _names(tmp_path / "one", tmp_path / "two") == ["one/q1/r.pdf", "two/q1/r.pdf"]


def test_counts_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that several paths lead to is taken once, under the first."""
    _tree(tmp_path, "d/r.pdf")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "d" / "r.pdf")
    monkeypatch.chdir(tmp_path)

    assert [found.path for found in find_files(["d", "d/r.pdf", "./d/../d/r.pdf", "link.pdf"])] == ["d/r.pdf"]


def test_ends_in_a_loop_of_links(tmp_path: Path) -> None:
    """A link to a directory above is not followed."""
    _tree(tmp_path, "d/r.pdf")
    (tmp_path / "d" / "up").symlink_to(tmp_path, target_is_directory=True)

    assert _names(tmp_path) == ["d/r.pdf"]


def test_names_a_missing_path(tmp_path: Path) -> None:
    """A path that leads nowhere, also below a file, is refused as missing."""
    _tree(tmp_path, "r.pdf")

    assert [_error(tmp_path / name).code for name in ("no.pdf", "r.pdf/no.pdf")] == ["not_found", "not_found"]


def test_names_a_directory_without_pdfs(tmp_path: Path) -> None:
    """A directory without PDFs, empty or not, is refused as such."""
    _tree(tmp_path, "n/notes.txt")
    (tmp_path / "e").mkdir()

    assert [_error(tmp_path / name).code for name in ("n", "e")] == ["no_pdfs", "no_pdfs"]


def test_refuses_a_pipe(tmp_path: Path) -> None:
    """A named pipe is refused without being opened, which would wait for ever."""
    os.mkfifo(tmp_path / "p.pdf")

    assert _error(tmp_path / "p.pdf").code == "not_a_pdf"


def test_says_what_the_system_says(tmp_path: Path) -> None:
    """A path that the system refuses for another reason is refused with that reason."""
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")

    assert "symbolic links" in str(_error(tmp_path / "loop.pdf"))
    assert "too long" in str(_error("x" * 5000)).lower()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_spells_out_a_path_that_is_no_text(tmp_path: Path) -> None:
    """A path with bytes that are no UTF-8 is kept for opening, and spelled out where it is shown or stored."""
    path = os.fsdecode(bytes(tmp_path) + b"/r\xff.pdf")
    Path(path).write_bytes(b"%PDF-")

    (found,) = find_files([path])

    assert (found.path, found.name, found.error) == (path, "r\\udcff.pdf", None)
    assert found.shown == f"{tmp_path}/r\\udcff.pdf"
