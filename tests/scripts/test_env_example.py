import os
from pathlib import Path

import pytest

from scripts.env_example import ROOT, make_env_example
from server.settings import Settings


def test_the_example_lists_the_settings_and_their_defaults() -> None:
    """.env.example is what its script makes: exactly the settings, each with its description and default."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == make_env_example()


def test_the_example_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A copy of .env.example as .env gives the same settings as no file at all."""
    for name in [name for name in os.environ if name.startswith("PAGELOOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    without = Settings()
    (tmp_path / ".env").write_bytes((ROOT / ".env.example").read_bytes())

    assert Settings() == without
