import functools
import operator
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from graphs.assistant import Agents, Assistant, build_assistant_graph
from graphs.state import AssistantInput, IngestFile, SecretContext
from tests import pdfs
from tests.fakes import ScriptedChatModel
from tests.graphs.conftest import ProgressNotes, Workshop
from tools.extractive import ExtractiveChatModel

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAM = "The Ash Dam is 185 m high. Its maintenance cost 1 million francs."
CASTLE = "The castle of Sion stands on a hill. Its maintenance cost 2 million francs."


class Desk:
    """A workshop with an assistant whose threads are kept in a file."""

    def __init__(self, workshop: Workshop, threads: AsyncSqliteSaver) -> None:
        self.workshop = workshop
        self.threads = threads

    def assistant(self, model: BaseChatModel | None = None) -> Assistant:
        """Return an assistant; without a model it quotes."""
        agents = Agents(
            self.workshop.ingest_agent(),
            self.workshop.retrieval_agent(),
            self.workshop.answer_agent(model or ExtractiveChatModel()),
        )
        return Assistant(build_assistant_graph(agents, self.threads))

    async def ask(self, question: str, thread: str = "", model: BaseChatModel | None = None, **more: Any) -> Any:
        """Ask in a thread."""
        return await self.assistant(model).ainvoke(question_of(question, **more), in_thread(thread))


def question_of(question: str, **more: Any) -> AssistantInput:
    """Return the input of the assistant."""
    return cast("AssistantInput", {"question": question, **more})


def in_thread(thread: str) -> Any:
    """Return the config that names a thread."""
    return {"configurable": {"thread_id": thread}} if thread else {}


@pytest.fixture
async def desk(workshop: Workshop) -> AsyncIterator[Desk]:
    """Yield a desk with two documents on its shelf."""
    workshop.shelve("castle.pdf", CASTLE)
    workshop.shelve("dam.pdf", DAM)
    async with AsyncSqliteSaver.from_conn_string(str(workshop.directory / "threads.sqlite")) as threads:
        threads.serde = JsonPlusSerializer(allowed_msgpack_modules=None)
        yield Desk(workshop, threads)


def place(path: Path) -> IngestFile:
    """Return a file that comes with a question."""
    return IngestFile(path=str(path), name=path.name)


async def test_a_question_is_answered_with_proof(desk: Desk) -> None:
    """From the question to a proven quotation, with the ids of thread and run."""
    answer = await desk.ask("How high is the Ash Dam?", "t1")
    (citation, *_) = answer["citations"]

    assert (answer["found"], answer["thread_id"], answer["generation"]) == (True, "t1", 2)
    assert answer["answer"].startswith("The Ash Dam is 185 m high. [1]")
    assert (citation["document"], citation["quote"], citation["status"]) == (
        "dam.pdf",
        "The Ash Dam is 185 m high.",
        "verified",
    )
    assert answer["run_id"]


async def test_streamed_pieces_add_up_to_the_answer(desk: Desk) -> None:
    """Words come first, the rest of the object after them; the sum is what a plain call returns."""
    assistant = desk.assistant()
    question = question_of("How high is the Ash Dam?")
    pieces = [piece async for piece in assistant.astream(question, in_thread("t1"))]
    whole = await assistant.ainvoke(question, in_thread("t2"))
    passing = {"thread_id", "run_id", "timings"}
    added = functools.reduce(operator.add, pieces)

    assert len(pieces) > 5
    assert all(list(piece) == ["answer"] for piece in pieces[:-1])
    assert {key: value for key, value in added.items() if key not in passing} == {
        key: value for key, value in whole.items() if key not in passing
    }


@pytest.mark.parametrize("reply", ["The dam is 999 m high [1].", "NOT_FOUND", "It is so."], ids=["lie", "none", "bare"])
async def test_a_refusal_streams_up_to_the_same_object(desk: Desk, reply: str) -> None:
    """Withdrawn words and the refusal after them are all in the answer."""
    assistant = desk.assistant(ScriptedChatModel(replies=[reply]))
    question = question_of("How high is the Ash Dam?")
    pieces = [piece async for piece in assistant.astream(question)]
    whole = await assistant.ainvoke(question)

    assert "".join(piece.get("answer", "") for piece in pieces) == whole["answer"]
    assert (pieces[-1]["found"], pieces[-1]["citations"], whole["found"]) == (False, [], False)


async def test_a_follow_up_is_understood_from_its_thread(desk: Desk) -> None:
    """The second question of a thread leans on the first; the same words in another thread mean something else."""
    await desk.ask("How high is the Ash Dam?", "dams")
    await desk.ask("On what does the castle of Sion stand?", "castles")
    dam = await desk.ask("And its maintenance cost?", "dams")
    castle = await desk.ask("And its maintenance cost?", "castles")

    assert (dam["citations"][0]["document"], castle["citations"][0]["document"]) == ("dam.pdf", "castle.pdf")
    assert dam["question"] == "And its maintenance cost?"


async def test_a_thread_remembers_what_was_said(desk: Desk) -> None:
    """Questions, answers and cited places are there for the next question, in order."""
    model = ScriptedChatModel(replies=["The Ash Dam is 185 m high [1].", "It cost 1 million francs [1]."])
    await desk.ask("How high is the Ash Dam?", "t", model)
    await desk.ask("And its maintenance cost?", "t", model)
    state = await desk.assistant().graph.aget_state(in_thread("t"))

    assert [turn["question"] for turn in state.values["turns"]] == [
        "How high is the Ash Dam?",
        "And its maintenance cost?",
    ]
    assert [place["document"] for place in state.values["turns"][0]["places"]] == ["dam.pdf"]
    assert "Q: How high is the Ash Dam?\nA: The Ash Dam is 185 m high" in model.prompts[1]


async def test_a_question_without_a_thread_stands_alone(desk: Desk) -> None:
    """It gets a thread of its own, so that nobody's conversation leaks into another's."""
    model = ScriptedChatModel(replies=["The Ash Dam is 185 m high [1]."])
    first = await desk.ask("How high is the Ash Dam?", model=model)
    second = await desk.ask("How high is it?", model=model)

    assert first["thread_id"] != second["thread_id"]
    assert "Q: " not in model.prompts[1]


async def test_a_thread_outlives_the_process(desk: Desk) -> None:
    """Another assistant on the same file goes on with the conversation."""
    await desk.ask("How high is the Ash Dam?", "t")
    async with AsyncSqliteSaver.from_conn_string(str(desk.workshop.directory / "threads.sqlite")) as threads:
        answer = await Desk(desk.workshop, threads).ask("And its maintenance cost?", "t")

    assert answer["citations"][0]["document"] == "dam.pdf"


async def test_files_with_a_question_are_where_the_answer_is_sought(desk: Desk) -> None:
    """They are taken in first, reported before the words, and the next question looks everywhere again."""
    path = pdfs.text_pdf(desk.workshop.directory / "model.pdf", ["The Ash Dam is 20 m high as a model."])
    assistant = desk.assistant()
    question = question_of("How high is the Ash Dam?", files=[place(path)])
    pieces = [piece async for piece in assistant.astream(question, in_thread("t"))]
    answer = functools.reduce(operator.add, pieces)
    afterwards = await desk.ask("What did the maintenance of the Ash Dam cost, in francs?", "t")

    assert [(one["name"], one["state"]) for one in pieces[0]["ingested"]] == [("model.pdf", "ingested")]
    assert {citation["document"] for citation in answer["citations"]} == {"model.pdf"}
    assert afterwards["citations"][0]["document"] == "dam.pdf"
    assert "ingested" not in afterwards


async def test_named_documents_go_before_files(desk: Desk) -> None:
    """Whoever names documents means those."""
    castle = desk.workshop.store.documents("default", model="")[0]
    path = pdfs.text_pdf(desk.workshop.directory / "tower.pdf", ["The tower of Bex is 20 m high."])
    answer = await desk.ask("What does the castle stand on?", files=[place(path)], documents=[castle.id])

    assert {citation["document"] for citation in answer["citations"]} == {"castle.pdf"}


async def test_a_question_about_a_file_that_failed_is_refused(desk: Desk) -> None:
    """The answer is not taken from other documents instead."""
    path = pdfs.truncated_pdf(desk.workshop.directory / "cut.pdf", ["The Ash Dam is 185 m high."])
    answer = await desk.ask("How high is the Ash Dam?", files=[place(path)])

    assert (answer["found"], answer["citations"], answer["ingested"][0]["code"]) == (False, [], "damaged")


async def test_a_password_opens_a_file_and_is_kept_nowhere(desk: Desk) -> None:
    """It reaches the ingest agent beside the state; neither threads nor store nor answer hold it."""
    path = pdfs.encrypted_pdf(desk.workshop.directory / "a.pdf", ["The tower of Bex is 20 m high."], "tops3cret")
    question = question_of("How high is the tower of Bex?", files=[place(path)])
    answer = await desk.assistant().ainvoke(question, in_thread("t"), context=SecretContext("tops3cret"))
    written = b"".join(file.read_bytes() for file in sorted(desk.workshop.directory.glob("*.sqlite*")))

    assert (answer["found"], answer["citations"][0]["document"]) == (True, "a.pdf")
    assert b"tower of Bex" in written
    assert b"tops3cret" not in written
    assert "tops3cret" not in f"{answer} {SecretContext('tops3cret')!r}"


async def test_checkpoints_hold_plain_types_only(desk: Desk) -> None:
    """Every state of a thread can be written as JSON as it is."""
    await desk.ask("How high is the Ash Dam?", "t")

    def is_plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(type(key) is str and is_plain(one) for key, one in value.items())
        if isinstance(value, list):
            return all(map(is_plain, value))
        return value is None or type(value) in {str, int, float, bool}

    states = [state async for state in desk.assistant().graph.aget_state_history(in_thread("t"))]

    assert len(states) > 3
    assert all(is_plain(state.values) for state in states)


async def test_nothing_of_an_earlier_question_stays_behind(desk: Desk) -> None:
    """Documents and collection of one question do not bind the next one in the thread."""
    castle = desk.workshop.store.documents("default", model="")[0]
    await desk.ask("How high is the Ash Dam in Valais above the lake?", "t", documents=[castle.id])
    await desk.ask("How high is the Ash Dam in Valais above the lake?", "t", collection="other")
    answer = await desk.ask("How high is the Ash Dam in Valais above the lake?", "t")

    assert (answer["collection"], answer["citations"][0]["document"]) == ("default", "dam.pdf")


async def test_whoever_stops_listening_stops_the_work(desk: Desk) -> None:
    """A stream that is closed early leaves a thread that can be gone on with."""
    assistant = desk.assistant(ScriptedChatModel(replies=["The Ash Dam is 185 m high [1]. " * 50]))
    stream = assistant.astream(question_of("How high is the Ash Dam?"), in_thread("t"))
    first = await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined] # it is an async generator
    answer = await desk.ask("How high is the Ash Dam?", "t")

    assert first["answer"]
    assert answer["found"]


async def test_callbacks_of_a_call_hear_every_agent(desk: Desk) -> None:
    """A handler given with a question hears the progress of the ingest inside."""
    notes = ProgressNotes()
    path = pdfs.text_pdf(desk.workshop.directory / "tower.pdf", ["The tower of Bex is 20 m high."])
    await desk.assistant().ainvoke(question_of("How high is it?", files=[place(path)]), {"callbacks": [notes]})

    assert {event["step"] for event in notes.events} == {"pages", "vectors"}


async def test_the_thread_is_declared(desk: Desk) -> None:
    """LangServe passes on what a Runnable declares."""
    assert [spec.id for spec in desk.assistant().config_specs] == ["thread_id"]


async def test_the_drawing_shows_the_three_agents(desk: Desk) -> None:
    """The graph can be drawn, with the agents inside it."""
    graph = desk.assistant().graph
    nodes = set(graph.get_graph(xray=True).nodes)

    assert all(name in graph.get_graph().draw_mermaid() for name in ("ingest", "retrieve", "answer_question"))
    assert any(node.startswith("ingest:") for node in nodes)
    assert any(node.startswith("retrieve:") for node in nodes)
    assert any(node.startswith("answer_question:") for node in nodes)
