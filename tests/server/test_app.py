from http import HTTPStatus
from pathlib import Path

import pytest

from tests.server.doors import make_settings, serving


def test_langserve_can_be_left_out(tmp_path: Path) -> None:
    """With the setting off, no LangServe route exists and nothing names one."""
    with serving(make_settings(tmp_path, langserve=False)) as client:
        invoked = client.post("/assistant/invoke", json={"input": {"question": "?"}})
        index = client.get("/").json()

    assert invoked.status_code == HTTPStatus.NOT_FOUND
    assert index["playgrounds"] == {}


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_that_loads_scripts_from_other_hosts_is_served(tmp_path: Path, path: str) -> None:
    """The interactive API pages are left out."""
    with serving(make_settings(tmp_path)) as client:
        response = client.get(path)

    assert response.status_code == HTTPStatus.NOT_FOUND


def test_openapi_describes_own_routes_and_langserve(tmp_path: Path) -> None:
    """The API description names every door and the shape of problems."""
    with serving(make_settings(tmp_path)) as client:
        described = client.get("/openapi.json").json()

    paths = described["paths"]
    assert {"/documents", "/threads/{thread_id}/runs", "/assistant/invoke", "/ingest/stream"} <= paths.keys()
    assert "application/problem+json" in paths["/documents"]["post"]["responses"]["415"]["content"]
