"""What libraries may tell the outside: nothing, unless the operator asked for LangSmith tracing and gave its key."""

import logging
import os
from collections.abc import MutableMapping

from langsmith.utils import get_env_var

_ASKED_BY = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
_KEYS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
_logger = logging.getLogger(__name__)


def settle_tracing(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Decide once for the process whether runs are traced, and keep other libraries from reporting anywhere.

    Tracing is on when `LANGSMITH_TRACING` is true and `LANGSMITH_API_KEY` is set. Without a key it is switched off
    with one line in the log, since every run would be sent in vain.

    Returns:
        Whether runs are traced.
    """
    environ["ORT_DISABLE_TELEMETRY"] = "1"
    asked = any(environ.get(name, "").lower() == "true" for name in _ASKED_BY)
    traced = asked and any(environ.get(name) for name in _KEYS)
    if asked and not traced:
        _logger.warning("tracing is off: LANGSMITH_TRACING is true but LANGSMITH_API_KEY is not set")
    if not traced:
        environ.update(dict.fromkeys(_ASKED_BY, "false"))
    get_env_var.cache_clear()  # type: ignore[attr-defined] # cached, which its overloads hide
    return traced
