"""Chat models: the extractive one that needs nothing, and any LangChain provider by name; loaded on first use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, cast

from langchain.chat_models import init_chat_model
from langchain_core.embeddings import Embeddings
from langchain_core.exceptions import ModelError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda

from tools.embeddings import install_remedy
from tools.errors import ModelCallError, SettingError
from tools.extractive import ExtractiveChatModel

EXTRACTIVE = "extractive"
ACCEPTED = f"{EXTRACTIVE!r}, or '<provider>:<model>' such as 'openai:gpt-5-mini' or 'ollama:qwen3'"


def check_chat_model(spec: str) -> str:
    """Return the value of a setting that names a chat model.

    Raises:
        ValueError: It is neither `extractive` nor of the form `<provider>:<model>`.
    """
    provider, _, model = spec.partition(":")
    if spec != EXTRACTIVE and not (provider and model):
        msg = f"{spec!r} is not known; accepted: {ACCEPTED}"
        raise ValueError(msg)
    return spec


def load_chat_model(
    spec: str,
    *,
    embeddings: Embeddings | None = None,
    base_url: str = "",
    api_key: str = "",
    timeout_s: float = 120.0,
) -> BaseChatModel:
    """Build the chat model that a setting names.

    Args:
        spec: As `check_chat_model` accepts it.
        embeddings: What the extractive model compares sentences with; without it only words count.
        base_url: Address of an OpenAI-compatible server; only with `openai:`.
        api_key: Key for the provider; without one, the provider's own variable counts.
        timeout_s: How long one call to a provider may take.

    Raises:
        SettingError: The provider is unknown, or its package or key is missing.
    """
    if spec == EXTRACTIVE:
        return ExtractiveChatModel(embeddings=embeddings)
    provider, _, name = spec.partition(":")
    given = {"base_url": base_url, "api_key": api_key}
    options: dict[str, Any] = {"timeout": timeout_s} | {key: value for key, value in given.items() if value}
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **options)
    except ImportError as exc:
        msg = f"chat model {spec!r} needs a package that is not installed; {install_remedy(spec)} ({exc})"
        raise SettingError(msg) from exc
    except Exception as exc:  # each provider checks keys and names in its own way, without a common error
        msg = f"chat model {spec!r} cannot be used: {_first_line(exc)}; accepted: {ACCEPTED}"
        raise SettingError(msg) from exc
    return model


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0]


@contextmanager
def chat_model_errors() -> Iterator[None]:
    """Turn what LangChain raises when a chat model cannot be reached, or refuses, into our own error.

    Raises:
        ModelCallError: In place of LangChain's `ModelError`.
    """
    try:
        yield
    except ModelError as exc:
        what = "the chat model"
        raise ModelCallError(what, exc) from exc


def lazy_chat_model(load: Callable[[], BaseChatModel]) -> Runnable[LanguageModelInput, BaseMessage]:
    """Return a Runnable that loads its chat model when it is first called, in a thread, and then stands for it.

    A function that returns a Runnable has it run in its place, streaming and callbacks included.
    """
    lock = Lock()

    @cache
    def loaded() -> BaseChatModel:
        return load()

    def model(_: LanguageModelInput) -> BaseChatModel:
        with lock:
            return loaded()

    stand_in = RunnableLambda(model).with_config(run_name="lazy_chat_model")
    return cast("Runnable[LanguageModelInput, BaseMessage]", stand_in)
