import json
from pathlib import Path

import pytest

from tests.pdfs import mixed_pdf, text_pdf
from tests.server.shell import Shell
from tools.store import NewDocument, SqliteStore


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell over a collection of two documents."""
    shell = Shell(tmp_path_factory.mktemp("documents"))
    mixed_pdf(shell.directory / "log.pdf", [("text", "The sluice was built in 1902."), ("blank", "")])
    text_pdf(shell.directory / "plan.pdf", ["The plan is to mend the sluice."])
    assert shell.run("ingest", "log.pdf", "plan.pdf").status == 0
    return shell


def _ids(shell: Shell) -> dict[str, str]:
    documents = json.loads(shell.run("documents", "list", "--json").out)["documents"]
    return {document["name"]: document["id"] for document in documents}


def test_lists_documents(shell: Shell) -> None:
    """The list is a table with ids, states and pages."""
    result = shell.run("documents", "list")

    head, log, plan = result.out.splitlines()
    assert head.split() == ["ID", "STATE", "PAGES", "UNREAD", "NAME"]
    assert log.split() == [_ids(shell)["log.pdf"], "ready", "2", "0", "log.pdf"]
    assert plan.split()[-1] == "plan.pdf"
    assert (result.status, result.err) == (0, "")


def test_lists_documents_as_json(shell: Shell) -> None:
    """The JSON list has the keys that were promised."""
    documents = json.loads(shell.run("documents", "list", "--json").out)["documents"]

    assert {"id", "name", "pages", "state", "version", "page_kinds"} <= documents[0].keys()


def test_says_when_there_is_nothing(shell: Shell) -> None:
    """An empty collection is no error, and says that it is empty."""
    result = shell.run("documents", "list", "--collection", "other")

    assert (result.status, result.out) == (0, "")
    assert result.err == "pageloom: the collection 'other' holds no documents\n"


def test_shows_pages(shell: Shell) -> None:
    """The ledger has a line for each page."""
    result = shell.run("documents", "pages", _ids(shell)["log.pdf"])

    assert [line.split()[:3] for line in result.out.splitlines()] == [
        ["PAGE", "KIND", "CHARACTERS"],
        ["1", "text", "29"],
        ["2", "blank", "0"],
    ]


def test_shows_pages_as_json(shell: Shell) -> None:
    """The JSON ledger tells kind, reason and length of each page."""
    pages = json.loads(shell.run("documents", "pages", _ids(shell)["log.pdf"], "--json").out)["pages"]

    assert [(page["page"], page["kind"], page["characters"]) for page in pages] == [(1, "text", 29), (2, "blank", 0)]
    assert all(page["reason"] for page in pages)


@pytest.mark.parametrize("action", ["pages", "delete"])
def test_fails_for_an_unknown_document(shell: Shell, action: str) -> None:
    """An id that no document has fails with a way on."""
    result = shell.run("documents", action, "nope")

    assert (result.status, result.out) == (1, "")
    assert result.err == "pageloom: error: no document 'nope'; list the documents to see their ids\n"


def test_deletes_documents(tmp_path: Path) -> None:
    """A deleted document leaves the list; deleting it again fails."""
    shell = Shell(tmp_path)
    for name in ("a.pdf", "b.pdf"):
        text_pdf(tmp_path / name, [f"This is {name}."])
    shell.run("ingest", "a.pdf", "b.pdf")
    ids = _ids(shell)

    told = shell.run("documents", "delete", ids["a.pdf"])
    shown = shell.run("documents", "delete", ids["b.pdf"], "--json")

    assert (told.status, told.out) == (0, "deleted a.pdf\n")
    assert json.loads(shown.out) == {"deleted": {"id": ids["b.pdf"], "name": "b.pdf"}}
    assert _ids(shell) == {}
    assert shell.run("documents", "delete", ids["a.pdf"]).status == 1


def test_deletes_what_an_interrupted_ingest_left(tmp_path: Path) -> None:
    """A document whose reading has not ended can be deleted too."""
    shell = Shell(tmp_path)
    store = SqliteStore(shell.data / "pageloom.sqlite")
    document_id = store.register("default", NewDocument("half.pdf", "0" * 64, 1, 9)).document_id
    store.close()

    assert shell.run("documents", "delete", document_id).status == 0
    assert _ids(shell) == {}
