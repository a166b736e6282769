import sqlite3
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

from tests.server.doors import begin_thread, make_settings, serving, upload_report


def test_the_index_leads_to_the_doors(tmp_path: Path) -> None:
    """The root names links, playgrounds and models."""
    with serving(make_settings(tmp_path)) as client:
        index = client.get("/").json()
        opened = client.get(index["playgrounds"]["assistant"])

    assert index["links"]["documents"] == "/documents"
    assert opened.status_code == HTTPStatus.OK


def test_the_index_counts_tokens(tmp_path: Path) -> None:
    """What the chat model used since the start is shown."""
    with serving(make_settings(tmp_path, langserve=False)) as client:
        upload_report(client, tmp_path)
        client.post(f"/threads/{begin_thread(client)}/runs", json={"question": "What did the trial cost?"})
        usage = client.get("/").json()["usage"]

    assert usage == {"calls": 1, "input_tokens": 11, "output_tokens": 7}


def test_it_is_ready_while_the_store_answers(tmp_path: Path) -> None:
    """Losing the store makes it not ready, but it lives."""
    with serving(make_settings(tmp_path, langserve=False)) as client:
        before = client.get("/readyz")
        with closing(sqlite3.connect(tmp_path / "pageloom.sqlite")) as db:
            db.execute("ALTER TABLE collections RENAME TO lost")
        after, alive = client.get("/readyz"), client.get("/healthz")

    assert (before.status_code, before.json()) == (HTTPStatus.OK, {"status": "ok"})
    assert (after.status_code, after.json()["code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "not_ready")
    assert alive.status_code == HTTPStatus.OK
