import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from tests.fakes import ScriptedChatModel, WordEmbeddings, openai_server
from tools.errors import SettingError
from tools.extractive import ExtractiveChatModel
from tools.models import check_chat_model, lazy_chat_model, load_chat_model

KEY = "sk-very-secret-key"


@pytest.mark.parametrize("spec", ["extractive", "openai:gpt-5-mini", "ollama:qwen3:8b"])
def test_known_forms_are_accepted(spec: str) -> None:
    """The extractive model and `<provider>:<model>` pass as they are."""
    assert check_chat_model(spec) == spec


@pytest.mark.parametrize("spec", ["", "gpt-5", "openai:", ":gpt-5", ":"])
def test_other_values_are_refused_with_what_is_accepted(spec: str) -> None:
    """The message quotes the value and lists the accepted ones."""
    with pytest.raises(ValueError, match=r"'extractive', or '<provider>:<model>' such as 'openai:") as caught:
        check_chat_model(spec)

    assert repr(spec) in str(caught.value)


def test_the_extractive_model_compares_with_the_given_embeddings() -> None:
    """The default model needs nothing but what it is given."""
    embeddings = WordEmbeddings()
    model = load_chat_model("extractive", embeddings=embeddings)

    assert isinstance(model, ExtractiveChatModel)
    assert model.embeddings is embeddings


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("anthropic:claude", "pip install langchain-anthropic", id="missing-package"),
        pytest.param("nobody:small", "accepted: 'extractive'", id="unknown-provider"),
    ],
)
def test_a_model_that_cannot_be_built_says_what_to_do(spec: str, message: str) -> None:
    """The message tells how to install it, or what is accepted."""
    with pytest.raises(SettingError, match=message) as caught:
        load_chat_model(spec, api_key=KEY)

    assert spec in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_missing_key_is_a_setting_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any key the provider's complaint comes with the name of the setting's value."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SettingError, match="openai:tiny"):
        load_chat_model("openai:tiny")


async def test_an_openai_compatible_server_is_called_at_its_address() -> None:
    """A reply comes from the given address, whole and streamed, with the given model and key."""
    with openai_server("The dam is 185 m high [1].") as server:
        model = load_chat_model("openai:tiny", base_url=server.base_url, api_key=KEY)
        whole = await model.ainvoke("How high?")
        pieces = [piece.text async for piece in model.astream("How high?")]

    assert whole.text == "".join(pieces) == "The dam is 185 m high [1]."
    assert len(list(filter(None, pieces))) > 3
    assert {(request["path"], request["authorization"]) for request in server.requests} == {
        ("/v1/chat/completions", f"Bearer {KEY}")
    }
    assert [request["body"]["model"] for request in server.requests] == ["tiny", "tiny"]


async def test_the_key_is_never_shown() -> None:
    """Neither the model as text nor a refused call give the key away."""
    with openai_server(status=401) as server:
        model = load_chat_model("openai:tiny", base_url=server.base_url, api_key=KEY)
        with pytest.raises(Exception, match="refused") as caught:
            await model.ainvoke("How high?")

    assert KEY not in f"{caught.value!r} {caught.value} {model!r} {model}"


def test_starting_does_not_import_a_provider() -> None:
    """A model that is only named costs nothing."""
    code = (
        "import sys; from tools.models import lazy_chat_model, load_chat_model;"
        "lazy_chat_model(lambda: load_chat_model('openai:x', api_key='k')); print('langchain_openai' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 # our own script

    assert shown.strip() == "False"


class Counter:
    """Loads a scripted model and counts how often."""

    def __init__(self) -> None:
        self.loaded = 0

    def __call__(self) -> BaseChatModel:
        """Load the model."""
        self.loaded += 1
        return ScriptedChatModel(replies=["The dam is high [1]."])


async def test_a_lazy_model_is_loaded_once_when_first_called() -> None:
    """Before the first call nothing is loaded, and many calls at once load one model."""
    load = Counter()
    model = lazy_chat_model(load)
    before = load.loaded
    await asyncio.gather(*(model.ainvoke([HumanMessage("?")]) for _ in range(8)))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: model.invoke("?"), range(8)))

    assert (before, load.loaded) == (0, 1)


async def test_a_lazy_model_streams_what_its_model_streams() -> None:
    """Pieces come through one by one, in synchronous code too."""
    model = lazy_chat_model(Counter())
    pieces = [piece.text async for piece in model.astream("?")]
    same = [piece.text for piece in model.stream("?")]

    assert "".join(pieces) == "".join(same) == "The dam is high [1]."
    assert len(pieces) == len(same) > 5


async def test_a_lazy_model_that_cannot_be_loaded_says_so_at_each_call() -> None:
    """A setting that is wrong fails the call, not the start, and is tried again at the next."""
    model = lazy_chat_model(lambda: load_chat_model("nobody:small"))

    for _ in range(2):
        with pytest.raises(SettingError, match="nobody:small"):
            await model.ainvoke("?")
