import json
from pathlib import Path

import pytest

from tests.pdfs import encrypted_pdf, mixed_pdf, text_pdf, truncated_pdf, zero_pages_pdf
from tests.server.shell import Shell

_BAD = {
    "notes.pdf": "not_a_pdf",
    "empty.pdf": "empty_file",
    "cut.pdf": "damaged",
    "secret.pdf": "password_needed",
    "zero.pdf": "no_pages",
    "missing.pdf": "not_found",
    "nothing": "no_pdfs",
    "letters": "no_pdfs",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a directory with one good file and every kind of bad one."""
    text_pdf(tmp_path / "report.pdf", ["The bridge at Arnside was opened in 1857."])
    encrypted_pdf(tmp_path / "secret.pdf", ["The treasure is under the oak."], "s3same")
    truncated_pdf(tmp_path / "cut.pdf", ["x"])
    zero_pages_pdf(tmp_path / "zero.pdf")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "notes.pdf").write_text("no PDF")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("Dear Sir")
    return Shell(tmp_path)


def test_takes_the_good_and_names_the_bad(shell: Shell) -> None:
    """Of good and bad files the good are taken, each bad one is a line with its reason, and the status says partly."""
    result = shell.run("ingest", *_BAD, "report.pdf")

    assert result.status == 4
    lines = result.out.splitlines()
    assert "ingested report.pdf: 1 page (1 text)" in lines
    assert "failed cut.pdf: is damaged or cut short; get a complete copy of the file" in lines
    assert "failed secret.pdf: is encrypted; give its password with --password-file" in lines
    assert "failed missing.pdf: does not exist; check the path" in lines
    assert lines[-1] == "9 files: 1 ingested, 8 failed"
    assert result.err == ""
    listed = json.loads(shell.run("documents", "list", "--json").out)["documents"]
    assert [document["name"] for document in listed] == ["report.pdf"]


def test_prints_one_json_document(shell: Shell) -> None:
    """With --json the outcomes stand in the order of the paths, with stable codes."""
    result = shell.run("ingest", "--json", *_BAD, "report.pdf")

    documents = json.loads(result.out)["documents"]
    assert {document["path"]: document["code"] for document in documents} == {**_BAD, "report.pdf": None}
    assert [document["path"] for document in documents] == [*_BAD, "report.pdf"]
    assert documents[-1]["state"] == "ingested"
    assert documents[-1]["page_kinds"] == {"text": 1, "ocr": 0, "blank": 0, "failed": 0}
    assert (result.status, result.err) == (4, "")


@pytest.mark.parametrize("name", ["missing.pdf", "cut.pdf"])
def test_fails_when_nothing_can_be_taken(shell: Shell, name: str) -> None:
    """A call whose only path is bad fails."""
    result = shell.run("ingest", name)

    assert result.status == 1
    assert result.out.startswith(f"failed {name}: ")
    assert len(result.out.splitlines()) == 1


def test_says_unchanged_the_second_time(shell: Shell) -> None:
    """The same bytes under the same name are left alone, and that is success."""
    first, second = shell.run("ingest", "report.pdf"), shell.run("ingest", "report.pdf")

    assert (first.status, first.out) == (0, "ingested report.pdf: 1 page (1 text)\n")
    assert (second.status, second.out) == (0, "unchanged report.pdf: 1 page (1 text)\n")


def test_opens_encrypted_files(shell: Shell) -> None:
    """A password from a file or stdin opens encrypted files, and nothing that is stored holds it."""
    (shell.directory / "pw").write_text("s3same\n")

    wrong = shell.run("ingest", "secret.pdf", "--password-file", "-", stdin="other\n")
    right = shell.run("ingest", "secret.pdf", "--password-file", "pw")

    assert "does not open with the password given" in wrong.out
    assert (wrong.status, right.status) == (1, 0)
    stored = [path.read_bytes() for path in shell.data.rglob("*") if path.is_file()]
    assert not any(b"s3same" in content for content in stored)


def test_refuses_a_password_file_that_is_not_there(shell: Shell) -> None:
    """A password file that cannot be read is bad usage."""
    result = shell.run("ingest", "secret.pdf", "--password-file", "nowhere")

    assert (result.status, result.out) == (2, "")
    assert result.err == "pageloom: error: --password-file: 'nowhere' cannot be read (No such file or directory)\n"


def test_draws_bars_on_a_terminal(shell: Shell) -> None:
    """On a terminal long work has bars on stderr; the lines on stdout stay whole."""
    mixed_pdf(shell.directory / "mixed.pdf", [("text", "The sluice was built in 1902."), ("blank", "")])
    text_pdf(shell.directory / "long.pdf", [f"Entry {number} of the log book is short." for number in range(40)])

    result = shell.run("ingest", "mixed.pdf", "long.pdf", terminal=True)

    assert result.status == 0
    assert "long.pdf:  80%" in result.err
    assert sorted(result.out.splitlines()[:2]) == [
        "ingested long.pdf: 40 pages (40 text)",
        "ingested mixed.pdf: 2 pages (1 text, 1 blank)",
    ]


def test_keeps_collections_apart(shell: Shell) -> None:
    """A file goes into the collection that is named, and no other."""
    shell.run("ingest", "report.pdf", "--collection", "bridges")

    assert json.loads(shell.run("documents", "list", "--json").out) == {"documents": []}
    assert "report.pdf" in shell.run("documents", "list", "--collection", "bridges").out


def test_embeddings_that_fail_cost_the_vectors_not_the_file(shell: Shell) -> None:
    """What was published is told, on stdout as always, with a warning beside it; the file is found by keyword."""
    result = shell.run(
        "ingest",
        "report.pdf",
        "--json",
        PAGELOOM_EMBEDDINGS="openai:tiny",
        PAGELOOM_EMBEDDINGS_BASE_URL="http://127.0.0.1:9/v1",
        PAGELOOM_EMBEDDINGS_API_KEY="none",
    )

    (document,) = json.loads(result.out)["documents"]
    assert (result.status, document["state"]) == (0, "ingested")
    assert "warning: embeddings 'openai:tiny' failed: " in result.err
    assert "their vectors follow with the next ingest" in result.err
