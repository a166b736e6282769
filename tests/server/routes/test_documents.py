from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.pdfs import encrypted_pdf, mixed_pdf, text_pdf, truncated_pdf, zero_pages_pdf
from tests.server.doors import PAGES, make_settings, serving, upload, upload_report, wait_for


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve an application that all tests of this file share."""
    with serving(make_settings(tmp_path_factory.mktemp("data"), langserve=False, max_file_bytes=100_000)) as client:
        yield client


def test_an_uploaded_pdf_becomes_ready(client: TestClient, tmp_path: Path) -> None:
    """Upload answers at once; the document is listed, read and given its vectors."""
    response = upload(client, text_pdf(tmp_path / "one.pdf", PAGES, title="Trial"))

    entry = response.json()["documents"][0]
    assert response.status_code == HTTPStatus.ACCEPTED
    assert entry | {"id": ""} == {
        "name": "one.pdf",
        "id": "",
        "state": "queued",
        "code": None,
        "message": "",
        "pages": 2,
    }
    document = wait_for(client, entry["id"], "ready")
    assert (document["title"], document["page_kinds"]["text"]) == ("Trial", 2)
    assert document["chunks"] == document["vectors"] > 0
    assert document in client.get("/documents").json()["documents"]


def test_the_same_bytes_again_change_nothing(client: TestClient, tmp_path: Path) -> None:
    """A repeated upload finds the document that is there."""
    document_id = upload_report(client, tmp_path)

    again = upload(client, tmp_path / "report.pdf").json()["documents"][0]

    assert (again["id"], again["state"]) == (document_id, "unchanged")


def _not_a_pdf(path: Path) -> Path:
    path.write_text("just words")
    return path


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _huge(path: Path) -> Path:
    path.write_bytes(b"%PDF-1.7" + b" " * 100_000)
    return path


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (_not_a_pdf, 415, "not_a_pdf"),
        (_empty, 422, "empty_file"),
        (lambda path: truncated_pdf(path, PAGES), 422, "damaged"),
        (zero_pages_pdf, 422, "no_pages"),
        (lambda path: encrypted_pdf(path, PAGES, "swordfish"), 422, "password_needed"),
        (_huge, 413, "too_large"),
    ],
    ids=["not a PDF", "empty", "truncated", "no pages", "encrypted", "too large"],
)
def test_a_bad_file_is_a_problem_that_names_it(
    client: TestClient, tmp_path: Path, make: Callable[[Path], Path], status: int, code: str
) -> None:
    """When nothing can be taken, the problem has the code of the first file and an entry for each."""
    response = upload(client, make(tmp_path / "bad.pdf"))

    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, problem["code"]) == (status, code)
    assert "'bad.pdf'" in problem["detail"]
    assert str(tmp_path) not in response.text
    assert [(entry["name"], entry["id"], entry["code"]) for entry in problem["documents"]] == [("bad.pdf", None, code)]


def test_bad_files_do_not_keep_good_ones_out(client: TestClient, tmp_path: Path) -> None:
    """Of a mixed upload, the good ones are taken and the bad ones say why not."""
    good, bad = text_pdf(tmp_path / "good.pdf", PAGES), _not_a_pdf(tmp_path / "bad.pdf")

    response = upload(client, bad, good)

    entries = response.json()["documents"]
    assert response.status_code == HTTPStatus.ACCEPTED
    assert [(entry["name"], entry["state"], entry["code"]) for entry in entries] == [
        ("bad.pdf", "failed", "not_a_pdf"),
        ("good.pdf", "queued", None),
    ]


def test_a_password_opens_an_encrypted_file(client: TestClient, tmp_path: Path) -> None:
    """The right password is used for reading; a wrong one is refused."""
    passwords = ("herring", "swordfish")
    path = encrypted_pdf(tmp_path / "locked.pdf", PAGES, passwords[1])

    wrong, right = (upload(client, path, password=password) for password in passwords)

    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_password")
    assert wait_for(client, right.json()["documents"][0]["id"], "ready", "failed")["state"] == "ready"


def test_a_collection_is_its_own_world(client: TestClient, tmp_path: Path) -> None:
    """A document of one collection is not listed in another."""
    entry = upload(client, text_pdf(tmp_path / "apart.pdf", PAGES), collection="apart").json()["documents"][0]

    names = [document["name"] for document in client.get("/documents?collection=apart").json()["documents"]]
    others = [document["id"] for document in client.get("/documents").json()["documents"]]

    assert names == ["apart.pdf"]
    assert entry["id"] not in others
    assert client.get("/documents?collection=nothing").json() == {"documents": []}


def test_the_ledger_accounts_for_every_page(client: TestClient, tmp_path: Path) -> None:
    """Each page says how it was read and why."""
    path = mixed_pdf(tmp_path / "mixed.pdf", [("text", PAGES[0]), ("blank", "")])
    document_id = upload(client, path).json()["documents"][0]["id"]
    wait_for(client, document_id, "ready")

    pages = client.get(f"/documents/{document_id}/pages").json()["pages"]

    assert [(page["page"], page["kind"]) for page in pages] == [(1, "text"), (2, "blank")]
    assert pages[0]["characters"] > 50
    assert pages[0].keys() == {
        "page",
        "kind",
        "reason",
        "characters",
        "confidence",
        "seconds",
        "language",
        "figures",
    }


def test_a_removed_document_is_gone_from_its_collection(client: TestClient, tmp_path: Path) -> None:
    """Removing works once; after that there is no such document to remove."""
    document_id = upload_report(client, tmp_path, "short-lived.pdf")

    removed, again = client.delete(f"/documents/{document_id}"), client.delete(f"/documents/{document_id}")

    listed = [document["id"] for document in client.get("/documents").json()["documents"]]
    assert (removed.status_code, removed.content) == (HTTPStatus.NO_CONTENT, b"")
    assert (again.status_code, again.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown")
    assert document_id not in listed


def test_a_document_that_is_being_read_can_be_removed(client: TestClient, tmp_path: Path) -> None:
    """Its reading is stopped and nothing of it stays."""
    path = text_pdf(tmp_path / "long.pdf", PAGES * 20)
    document_id = upload(client, path).json()["documents"][0]["id"]

    removed = client.delete(f"/documents/{document_id}")

    assert removed.status_code == HTTPStatus.NO_CONTENT
    assert client.get(f"/documents/{document_id}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", ["/documents/none", "/documents/none/pages"])
def test_an_unknown_document_is_not_found(client: TestClient, path: str) -> None:
    """The problem says what to do."""
    response = client.get(path)

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json()["detail"] == "no document 'none'; list the documents to see their ids"


def test_names_cannot_climb_out(client: TestClient, tmp_path: Path) -> None:
    """Only the base name of what a sender calls a file counts."""
    content = text_pdf(tmp_path / "x.pdf", PAGES).read_bytes()

    entry = client.post("/documents", files={"files": ("../../etc/passwd.pdf", content)}).json()["documents"][0]

    assert entry["name"] == "passwd.pdf"
