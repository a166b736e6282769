from collections.abc import Sequence
from pathlib import Path

import pytest

from server.commands.console import complain, printable, read_password, to_ranges, write_table
from tools.errors import SettingError


@pytest.mark.parametrize(
    ("pages", "shown"),
    [
        pytest.param([], "", id="none"),
        pytest.param([3], "3", id="one"),
        pytest.param([5, 4, 1, 6, 9], "1, 4-6, 9", id="runs"),
    ],
)
def test_writes_pages_short(pages: Sequence[int], shown: str) -> None:
    """Neighbouring pages are written as a range."""
    assert to_ranges(pages) == shown


def test_drops_control_characters() -> None:
    """Escape sequences lose their escape; tabs, lines and other writing stay."""
    assert printable("a\x1b[31mb\r\n\tc\x9b \u200d中") == "a[31mb\n\tc \u200d中"


def test_complains_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message of several lines becomes one."""
    complain("first\n  second")

    assert capsys.readouterr().err == "pageloom: first second\n"


def test_sets_numbers_flush_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are as wide as their widest cell, and nothing trails."""
    write_table(("NAME", "PAGES"), [("a", 7), ("longer", 12)])

    assert capsys.readouterr().out.splitlines() == ["NAME    PAGES", "a           7", "longer     12"]


@pytest.mark.parametrize(
    ("content", "password"),
    [
        pytest.param("s3same\nmore\n", "s3same", id="first line"),
        pytest.param("with space \r\n", "with space ", id="line end only"),
        pytest.param("", "", id="empty"),
    ],
)
def test_reads_a_password(tmp_path: Path, content: str, password: str) -> None:
    """The password is the first line of the file, without its end."""
    (tmp_path / "pw").write_bytes(content.encode())

    assert read_password(str(tmp_path / "pw")) == password


def test_refuses_a_password_that_is_no_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused without quoting it."""
    (tmp_path / "pw").write_bytes(b"s3same\xff")

    with pytest.raises(SettingError, match="not UTF-8") as caught:
        read_password(str(tmp_path / "pw"))
    assert "s3same" not in str(caught.value)
