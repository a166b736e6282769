from typing import Any

import pytest

from graphs.answer import build_answer_graph
from graphs.state import AnswerInput
from tests import pdfs
from tests.fakes import ScriptedChatModel
from tests.graphs.conftest import Workshop
from tools.types import Passage
from tools.words import index_terms

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAM = "The Ash Dam is 185 m high. It was built in 1969 by the canton."
CASTLE = "The castle of Sion stands on a hill."


def passages(workshop: Workshop) -> list[Passage]:
    """Return all passages, in the order they were shelved."""
    return workshop.store.passages(sorted(workshop.store.visible_chunks("default")))


async def answer(workshop: Workshop, reply: str | Exception, **more: Any) -> Any:
    """Have the answer agent work from all passages with a model that replies this."""
    graph = build_answer_graph(workshop.answer_agent(ScriptedChatModel(replies=[reply])))
    state = AnswerInput(question="How high is the Ash Dam?", passages=passages(workshop), generation=2)
    outcome = await graph.ainvoke(AnswerInput(**{**state, **more}))  # type: ignore[typeddict-item] # a state with changes
    return outcome["answer"]


@pytest.fixture
def shelved(workshop: Workshop) -> Workshop:
    """Return a workshop with two documents."""
    workshop.shelve("dam.pdf", DAM)
    workshop.shelve("castle.pdf", CASTLE)
    return workshop


async def test_a_proven_answer_shows_its_proof(shelved: Workshop) -> None:
    """The quote is the page's own, with its place, and every key of the answer object is there."""
    made = await answer(shelved, "The Ash Dam is 185 m high [1].", search_s=0.5)
    document_id = made["citations"][0]["document_id"]

    assert made | {"timings": None} == {
        "question": "How high is the Ash Dam?",
        "answer": "The Ash Dam is 185 m high [1].",
        "found": True,
        "reason": None,
        "citations": [
            {
                "id": 1,
                "document_id": document_id,
                "document": "dam.pdf",
                "page": 1,
                "quote": "The Ash Dam is 185 m high",
                "start": 0,
                "end": 25,
                "boxes": [[1.0, 2.0, 3.0, 4.0]],
                "status": "verified",
            }
        ],
        "nearest_pages": [],
        "unread_pages": [],
        "collection": "default",
        "generation": 2,
        "model": "scripted",
        "thread_id": "",
        "run_id": "",
        "timings": None,
        "usage": {"input_tokens": 11, "output_tokens": 7},
    }
    assert made["timings"]["search_s"] == 0.5
    assert made["timings"]["answer_s"] >= 0


@pytest.mark.parametrize(
    ("reply", "text", "citations"),
    [
        pytest.param(
            "THE ASH DAM is 185 m high [1].",
            "THE ASH DAM is 185 m high [1].",
            [("The Ash Dam is 185 m high", "repaired")],
            id="repaired",
        ),
        pytest.param(
            "In 1969 the canton built it [1].",
            "In 1969 the canton built it [1].",
            [("It was built in 1969 by the canton.", "verified")],
            id="in-other-words",
        ),
        pytest.param(
            "It is 185 m high [1]. It is made of gold [2].",
            "It is 185 m high [1]. It is made of gold [2].",
            [("The Ash Dam is 185 m high.", "verified"), ("It is made of gold", "unverified")],
            id="one-lie-is-marked",
        ),
        pytest.param(
            "The castle of Sion stands on a hill [2]. The Ash Dam is 185 m high [1, 9].",
            "The castle of Sion stands on a hill [1]. The Ash Dam is 185 m high [2][?].",
            [("The castle of Sion stands on a hill", "verified"), ("The Ash Dam is 185 m high", "verified")],
            id="unknown-number-beside-known",
        ),
        pytest.param(
            "In [2019] it was said: “The Ash Dam is 185 m high” [1].",
            "In [2019] it was said: “The Ash Dam is 185 m high” [1].",
            None,
            id="year-in-brackets",
        ),
    ],
)
async def test_each_citation_has_a_status_of_its_own(
    shelved: Workshop, reply: str, text: str, citations: list[tuple[str, str]] | None
) -> None:
    """What is proven is shown with the page's words, what is not is marked, and nothing fails."""
    made = await answer(shelved, reply)

    assert made["answer"].startswith(text)
    assert citations is None or [(c["quote"], c["status"]) for c in made["citations"]] == citations
    assert all(citation["boxes"] == [] for citation in made["citations"] if citation["status"] == "unverified")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param("The Ash Dam is 999 m high [1].", "unproven", id="lie"),
        pytest.param("The page says “it is made of gold” [1].", "unproven", id="invented-quote"),
        pytest.param("The Ash Dam is 185 m high [2].", "unproven", id="wrong-passage"),
        pytest.param("The Ash Dam is 185 m high [7].", "unproven", id="unknown-passage"),
        pytest.param("The Ash Dam is 185 m high.", "unproven", id="no-citation"),
        pytest.param("[1]", "unproven", id="citation-only"),
        pytest.param("NOT_FOUND", "no_answer", id="not-found"),
        pytest.param("NOT_FOUND, but dams are high [1].", "no_answer", id="not-found-and-prose"),
        pytest.param("", "no_answer", id="nothing"),
    ],
)
async def test_what_is_not_proven_is_refused(shelved: Workshop, reply: str, reason: str) -> None:
    """The answer object says why, has no citation, and names the nearest pages."""
    made = await answer(shelved, reply)

    assert (made["found"], made["reason"], made["citations"]) == (False, reason, [])
    assert [(place["document"], place["page"]) for place in made["nearest_pages"]] == [
        ("dam.pdf", 1),
        ("castle.pdf", 1),
    ]
    assert made["answer"].endswith("Nearest pages: dam.pdf p. 1; castle.pdf p. 1")


async def test_the_words_of_a_refused_answer_are_followed_by_the_refusal(shelved: Workshop) -> None:
    """What was streamed cannot be taken back, so it is withdrawn in words."""
    made = await answer(shelved, "The Ash Dam is 999 m high [1].")

    assert made["answer"].startswith("The Ash Dam is 999 m high [1].\n\nI cannot prove an answer")


async def test_no_model_is_asked_when_there_is_no_evidence(shelved: Workshop) -> None:
    """Retrieval's reason is passed on, in the language of the question."""
    made = await answer(
        shelved,
        RuntimeError("the model was asked"),
        question="大坝有多高？",
        verdict="not_found",
        reason="weak_match",
        passages=[],
    )

    assert (made["found"], made["reason"], made["answer"]) == (False, "weak_match", "在这些文档中没有找到答案。")
    assert made["usage"] == {"input_tokens": 0, "output_tokens": 0}


async def test_pages_that_could_not_be_read_are_named(shelved: Workshop) -> None:
    """An answer names those of the documents it is from; a refusal those of all it looked in."""
    shelved.shelve("half.pdf", "The tower of Bex is round.", "failed", "blank", "failed")
    only_dam = shelved.store.passages(
        [chunk for chunk, _ in shelved.store.search_terms("default", index_terms("dam"), limit=1)]
    )
    proven = await answer(shelved, "The Ash Dam is 185 m high [1].", passages=only_dam)
    from_half = await answer(shelved, "The tower of Bex is round [3].")
    refused = await answer(shelved, "NOT_FOUND", passages=only_dam)
    unread = [{"document": "half.pdf", "pages": [2, 4]}]

    assert (proven["found"], proven["unread_pages"]) == (True, [])
    assert (from_half["found"], from_half["unread_pages"]) == (True, unread)
    assert (refused["found"], refused["unread_pages"]) == (False, unread)


async def test_a_refusal_about_unreadable_documents_says_so(workshop: Workshop) -> None:
    """Where nothing could be read, whoever asks learns which pages that were."""
    document_id = workshop.shelve("scan.pdf", "failed", "failed")
    made = await answer(workshop, "", verdict="not_found", reason="empty_collection", documents=[document_id])

    assert (made["reason"], made["unread_pages"]) == ("empty_collection", [{"document": "scan.pdf", "pages": [1, 2]}])


async def test_a_quote_of_a_real_file_is_boxed(workshop: Workshop) -> None:
    """From the file to the box on its page."""
    await workshop.ingest(pdfs.text_pdf(workshop.directory / "dam.pdf", [DAM]))
    made = await answer(workshop, "It was built in 1969 by the canton [1].")
    ((left, top, right, bottom),) = made["citations"][0]["boxes"]

    assert 150 < left < right < 450
    assert 50 < top < bottom < 90


async def test_words_are_streamed_while_they_are_written(shelved: Workshop) -> None:
    """The custom stream carries the words, and a refusal after them."""
    graph = build_answer_graph(shelved.answer_agent(ScriptedChatModel(replies=["It is 999 m high [1]."])))
    state = AnswerInput(question="How high is it?", passages=passages(shelved))
    pieces = [piece["answer"] async for piece in graph.astream(state, stream_mode="custom")]
    whole = await graph.ainvoke(state)

    assert len(pieces) > 3
    assert "".join(pieces) == whole["answer"]["answer"]


async def test_a_model_that_fails_fails_the_run(shelved: Workshop) -> None:
    """An error is not disguised as an answer that was not found."""
    with pytest.raises(TimeoutError):
        await answer(shelved, TimeoutError("too slow"))
