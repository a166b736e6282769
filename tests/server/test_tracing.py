import logging
import os

import pytest
from langsmith.utils import get_env_var, tracing_is_enabled

from server.tracing import settle_tracing

_OFF = {"LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false"}


def test_nothing_is_traced_by_default(caplog: pytest.LogCaptureFixture) -> None:
    """Without being asked, tracing is off and nobody is bothered with a message."""
    environ: dict[str, str] = {}

    assert not settle_tracing(environ)
    assert environ.items() >= _OFF.items()
    assert caplog.records == []


@pytest.mark.parametrize("asked_by", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"])
def test_tracing_without_a_key_is_off_and_says_so(asked_by: str, caplog: pytest.LogCaptureFixture) -> None:
    """Runs that would be sent in vain are not sent; one line says why."""
    environ = {asked_by: "true"}

    assert not settle_tracing(environ)
    assert environ.items() >= _OFF.items()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_tracing_with_a_key_stays_on() -> None:
    """What the operator set is left alone."""
    environ = {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "key"}

    assert settle_tracing(environ)
    assert environ["LANGSMITH_TRACING"] == "true"


def test_a_key_alone_traces_nothing() -> None:
    """Tracing has to be asked for."""
    environ = {"LANGSMITH_API_KEY": "key"}

    assert not settle_tracing(environ)
    assert environ["LANGSMITH_TRACING"] == "false"


def test_other_libraries_are_kept_from_reporting() -> None:
    """The OCR engine's runtime is told to send nothing."""
    environ: dict[str, str] = {}
    settle_tracing(environ)

    assert environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_langsmith_hears_of_it_even_when_it_looked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith remembers what it read of the environment; that memory is cleared."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LANGSMITH_API_KEY", raising=False)
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    get_env_var.cache_clear()  # type: ignore[attr-defined] # cached, which its overloads hide
    before = tracing_is_enabled()

    settle_tracing(os.environ)

    assert before
    assert not tracing_is_enabled()
