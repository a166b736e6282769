from typing import Any

import pytest

from chains.condense import build_condense_chain
from graphs.retrieval import RetrievalAgent, build_retrieval_graph
from graphs.state import RetrievalInput
from tests.fakes import ScriptedChatModel
from tests.graphs.conftest import Workshop
from tools.evidence import EvidenceRule
from tools.types import NearestPage, Turn

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAM = "The Ash Dam is 185 m high. Its maintenance cost 1 million francs."
CASTLE = "The castle of Sion stands on a hill. Its maintenance cost 2 million francs."


async def retrieve(workshop: Workshop, question: str, *, rule: EvidenceRule | None = None, **more: Any) -> Any:
    """Run the retrieval agent."""
    graph = build_retrieval_graph(workshop.retrieval_agent(rule))
    return await graph.ainvoke(RetrievalInput(question=question, **more))  # type: ignore[typeddict-item] # keys of it


def turn(question: str, *places: NearestPage) -> Turn:
    """Return an earlier turn."""
    return Turn(question=question, standalone_question=question, answer="So [1].", places=list(places))


async def test_evidence_is_handed_on_with_its_generation(workshop: Workshop) -> None:
    """A question that its passage answers leads to evidence, best first."""
    workshop.shelve("castle.pdf", CASTLE)
    workshop.shelve("dam.pdf", DAM)
    outcome = await retrieve(workshop, "How high is the Ash Dam?", rule=EvidenceRule())

    assert (outcome["verdict"], outcome["reason"], outcome["generation"]) == ("evidence", None, 2)
    assert outcome["passages"][0]["text"] == DAM
    assert outcome["standalone_question"] == "How high is the Ash Dam?"
    assert outcome["search_s"] >= 0


async def test_the_outcome_holds_what_the_answer_needs_and_no_more(workshop: Workshop) -> None:
    """Signs that the verdict was made of stay inside."""
    workshop.shelve("dam.pdf", DAM)

    assert set(await retrieve(workshop, "How high is the Ash Dam?")) == {
        "standalone_question",
        "passages",
        "verdict",
        "reason",
        "generation",
        "search_s",
    }


@pytest.mark.parametrize(
    ("question", "collection", "reason"),
    [
        pytest.param("How high is the Ash Dam?", "other", "empty_collection", id="nothing-to-search"),
        pytest.param("Who won the championship of photosynthesis?", "default", "weak_match", id="nothing-alike"),
    ],
)
async def test_a_lack_of_evidence_has_a_reason(workshop: Workshop, question: str, collection: str, reason: str) -> None:
    """What is missing is told as state, not as an error."""
    workshop.shelve("dam.pdf", DAM)
    outcome = await retrieve(workshop, question, collection=collection, rule=EvidenceRule())

    assert (outcome["verdict"], outcome["reason"]) == ("not_found", reason)


async def test_a_follow_up_is_understood_from_the_conversation(workshop: Workshop) -> None:
    """The same words find different pages after different questions."""
    castle, dam = workshop.shelve("castle.pdf", CASTLE), workshop.shelve("dam.pdf", DAM)
    about_dam = turn("How high is the Ash Dam?", NearestPage(document_id=dam, document="dam.pdf", page=1))
    about_castle = turn(
        "On what does the castle of Sion stand?", NearestPage(document_id=castle, document="castle.pdf", page=1)
    )
    after_dam = await retrieve(workshop, "And its maintenance?", turns=[about_castle, about_dam])
    after_castle = await retrieve(workshop, "And its maintenance?", turns=[about_dam, about_castle])

    assert after_dam["passages"][0]["document"] == "dam.pdf"
    assert after_castle["passages"][0]["document"] == "castle.pdf"


async def test_named_documents_are_searched_alone(workshop: Workshop) -> None:
    """A question about one document is not answered from another."""
    castle = workshop.shelve("castle.pdf", CASTLE)
    workshop.shelve("dam.pdf", DAM)
    outcome = await retrieve(workshop, "How high is the Ash Dam?", documents=[castle])
    nothing = await retrieve(workshop, "How high is the Ash Dam?", documents=[])

    assert {passage["document_id"] for passage in outcome["passages"]} == {castle}
    assert (nothing["passages"], nothing["reason"]) == ([], "empty_collection")


async def test_a_chat_model_condenses_follow_ups_only(workshop: Workshop) -> None:
    """A first question costs no call; a follow-up is searched as the model rewrote it."""
    workshop.shelve("dam.pdf", DAM)
    model = ScriptedChatModel(replies=["How high is the Ash Dam?"])
    by_rule = workshop.retrieval_agent()
    graph = build_retrieval_graph(RetrievalAgent(build_condense_chain(model), by_rule.search_tool, by_rule.rule))
    first = await graph.ainvoke(RetrievalInput(question="Its height?"))
    calls = len(model.prompts)
    second = await graph.ainvoke(RetrievalInput(question="Its height?", turns=[turn("What is in Valais?")]))

    assert (first["standalone_question"], calls) == ("Its height?", 0)
    assert (second["standalone_question"], len(model.prompts)) == ("How high is the Ash Dam?", 1)
