import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pdfs import slow_pdf, text_pdf
from tests.server.shell import Shell

_ROOT = Path(__file__).parents[2]


def _start(directory: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start the command line as a process of its own."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "server", *arguments],
        env=os.environ | {"PAGELOOM_DATA_DIR": str(directory / "data"), "PYTHONPATH": str(_ROOT)},
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_prints_its_version(tmp_path: Path) -> None:
    """The version is that of the package."""
    result = Shell(tmp_path).run("--version")

    assert (result.status, result.out) == (0, f"pageloom {importlib.metadata.version('pageloom')}\n")


@pytest.mark.parametrize("command", [[], ["ask"], ["ingest"], ["documents"], ["documents", "list"], ["serve"]])
def test_help_tells_the_exit_statuses(tmp_path: Path, command: list[str]) -> None:
    """Every help ends with what the exit status means."""
    result = Shell(tmp_path).run(*command, "-h")

    assert result.status == 0
    assert 'answered "not found"' in result.out


def test_help_does_not_wait_for_heavy_modules() -> None:
    """What `--help` imports is light."""
    script = (
        "import sys, server.commands.arguments as a, server.cli; a.build_parser().format_help(); print(*sys.modules)"
    )

    modules = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True
    )

    assert not {"langchain_core", "langgraph", "numpy", "pydantic", "fastapi"} & set(modules.stdout.split())


def test_bad_usage_ends_with_2(tmp_path: Path) -> None:
    """Usage errors are printed on stderr."""
    result = Shell(tmp_path).run("ask", "Why?", "--colour")

    assert (result.status, result.out) == (2, "")
    assert result.err.endswith("pageloom ask: error: unrecognized arguments: --colour\n")


def test_a_bad_setting_ends_with_2(tmp_path: Path) -> None:
    """A setting that is not accepted is one line that names its variable."""
    result = Shell(tmp_path).run("documents", "list", PAGELOOM_CHAT_MODEL="nonsense")

    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("pageloom: error: PAGELOOM_CHAT_MODEL: 'nonsense' is not known; accepted: ")
    assert len(result.err.splitlines()) == 1


def test_a_home_directory_of_nobody_ends_with_2(tmp_path: Path) -> None:
    """A data directory that cannot be resolved is a bad setting, not a crash."""
    result = Shell(tmp_path).run("documents", "list", PAGELOOM_DATA_DIR="~nobody-of-that-name/data")

    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("pageloom: error: PAGELOOM_DATA_DIR: ")


def test_a_settings_file_that_is_no_text_ends_with_2(tmp_path: Path) -> None:
    """A `.env` in another encoding is one line."""
    (tmp_path / ".env").write_bytes(b"PAGELOOM_COLLECTION=\xff")
    result = Shell(tmp_path).run("documents", "list")

    assert (result.status, result.out, result.err) == (2, "", "pageloom: error: .env is not UTF-8 text\n")


def test_an_empty_setting_is_none(tmp_path: Path) -> None:
    """A variable without a value, as scripts leave behind, does not turn the working directory into the data's."""
    result = Shell(tmp_path).run("documents", "list", PAGELOOM_DATA_DIR="", HOME=str(tmp_path / "home"))

    assert result.status == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]


def test_what_the_terminal_cannot_show_is_spelled_out(tmp_path: Path) -> None:
    """An encoding that lacks a character does not cost the answer."""
    text_pdf(tmp_path / "大坝.pdf", ["The dam is high."])
    process = subprocess.run(
        [sys.executable, "-m", "server", "ingest", "大坝.pdf"],
        env=os.environ
        | {"PAGELOOM_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "ascii"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert (process.returncode, process.stdout) == (0, b"ingested \\u5927\\u575d.pdf: 1 page (1 text)\n")


def test_a_data_directory_that_is_a_file_fails(tmp_path: Path) -> None:
    """What the system refuses is one line that names the path."""
    (tmp_path / "data").touch()

    result = Shell(tmp_path).run("documents", "list")

    assert (result.status, result.out) == (1, "")
    assert result.err == f"pageloom: error: {str(tmp_path / 'data')!r}: File exists\n"


def test_a_foreign_store_fails(tmp_path: Path) -> None:
    """A store that is not ours is one line."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pageloom.sqlite").write_text("something else")

    result = Shell(tmp_path).run("ask", "Why?")

    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("pageloom: error: ")
    assert len(result.err.splitlines()) == 1


def test_a_process_prints_json_only(tmp_path: Path) -> None:
    """From outside: the exit status, one UTF-8 document on stdout whatever the locale, and a clean stderr."""
    text_pdf(tmp_path / "桥.pdf", ["阿恩赛德大桥于1857年通车。"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONIOENCODING", "ascii")
        process = _start(tmp_path, "ask", "--json", "大桥何时通车？", "桥.pdf", "missing.pdf")
    out, err = process.communicate(timeout=120)

    answer = json.loads(out)
    assert (process.returncode, err) == (4, "")
    assert answer["citations"][0]["document"] == "桥.pdf"
    assert "1857" in answer["answer"]


def test_not_found_ends_with_3(tmp_path: Path) -> None:
    """A question to an empty collection is answered with "not found"."""
    result = Shell(tmp_path).run("ask", "Why?", "--json")

    assert (result.status, json.loads(result.out)["reason"]) == (3, "empty_collection")


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    """Ctrl-C ends an ingest at once, without a traceback; a file that was finished stays."""
    text_pdf(tmp_path / "quick.pdf", ["The bridge at Arnside was opened in 1857."])
    slow_pdf(tmp_path / "slow.pdf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONUNBUFFERED", "1")
        patch.setenv("PAGELOOM_PAGE_TIMEOUT_S", "60")
        process = _start(tmp_path, "ingest", "quick.pdf", "slow.pdf")
    assert process.stdout
    first = process.stdout.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert first == "ingested quick.pdf: 1 page (1 text)\n"
    assert (process.returncode, out, err) == (130, "", "pageloom: interrupted; finished work is kept\n")
    assert time.monotonic() - began < 30
    listed = Shell(tmp_path).run("documents", "list").out
    assert "quick.pdf" in listed


def test_a_reader_that_goes_away_is_no_news(tmp_path: Path) -> None:
    """A broken pipe ends the process with nothing on stderr."""
    process = _start(tmp_path, "documents", "list", "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.close()

    assert (process.stderr.read(), process.wait(60)) == ("", 141)
    process.stderr.close()
