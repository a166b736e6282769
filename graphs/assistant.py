"""The parent graph that wires the three agents, and the assistant that every door calls."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig, RunnableGenerator
from langchain_core.runnables.config import merge_configs
from langchain_core.runnables.utils import AddableDict, ConfigurableFieldSpec
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs.answer import AnswerAgent, build_answer_graph
from graphs.ingest import IngestAgent, build_ingest_graph
from graphs.retrieval import RetrievalAgent, build_retrieval_graph
from graphs.state import DEFAULT_COLLECTION, AssistantInput, AssistantState, SecretContext
from graphs.streams import run_apart
from tools.types import NearestPage, Turn

AssistantGraph = CompiledStateGraph[AssistantState, SecretContext, AssistantInput, AssistantState]


@dataclass(frozen=True)
class Agents:
    """The three agents."""

    ingest: IngestAgent
    retrieval: RetrievalAgent
    answer: AnswerAgent


def choose_start(state: AssistantInput) -> Literal["ingest", "retrieve"]:
    """Take in the files that came with the question, if any did."""
    return "ingest" if state.get("files") else "retrieve"


def scope(state: AssistantState) -> dict[str, Any]:
    """Look for the answer in the files that came with the question, unless the caller named documents."""
    if state.get("documents") is not None:
        return {}
    return {"documents": [document["id"] for document in state["ingested"] if document["state"] != "failed"]}


def remember(state: AssistantState) -> dict[str, Any]:
    """Add the question and its answer to what the thread remembers."""
    answer = state["answer"]
    places = [
        NearestPage(document_id=c["document_id"], document=c["document"], page=c["page"]) for c in answer["citations"]
    ]
    turn = Turn(
        question=state["question"],
        standalone_question=state["standalone_question"],
        answer=answer["answer"],
        places=places,
    )
    return {"turns": [turn]}


def build_assistant_graph(agents: Agents, checkpointer: BaseCheckpointSaver[Any] | None) -> AssistantGraph:
    """Build the parent graph: ingest when there are files, retrieve, answer, remember.

    Without a checkpointer no thread remembers anything, unless a platform brings one.
    """
    graph = StateGraph(AssistantState, context_schema=SecretContext, input_schema=AssistantInput)
    graph.add_node("ingest", build_ingest_graph(agents.ingest))
    graph.add_node("scope", scope)
    graph.add_node("retrieve", build_retrieval_graph(agents.retrieval))
    graph.add_node("answer_question", build_answer_graph(agents.answer))
    graph.add_node("remember", remember)
    graph.add_conditional_edges(START, choose_start)
    graph.add_edge("ingest", "scope")
    graph.add_edge("scope", "retrieve")
    graph.add_edge("retrieve", "answer_question")
    graph.add_edge("answer_question", "remember")
    graph.add_edge("remember", END)
    return graph.compile(checkpointer=checkpointer, name="assistant")


class Assistant(RunnableGenerator[AssistantInput, Any]):
    """The parent graph as one Runnable from a question to an answer object.

    Streamed, it yields `{"answer": "…"}` pieces as the words come and then the rest of the answer object; the pieces
    add up to what `ainvoke` returns. `configurable.thread_id` names the conversation; without one, the question stands
    alone in a thread of its own. When files came with the question, what became of them is yielded as `ingested`
    before the words. `context=SecretContext(…)`, given beside the config, opens encrypted files.
    """

    def __init__(self, graph: AssistantGraph) -> None:
        super().__init__(self._answer, name="assistant")  # type: ignore[arg-type] # takes `config` too, by inspection
        self.graph = graph

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """Declare the thread, which LangServe would drop otherwise."""
        return [
            ConfigurableFieldSpec(
                id="thread_id",
                annotation=str,
                name="Thread",
                description="Name of the conversation; follow-up questions need the same one.",
                default="",
            )
        ]

    async def _answer(
        self, questions: AsyncIterator[AssistantInput], config: RunnableConfig, context: SecretContext | None = None
    ) -> AsyncIterator[AddableDict]:
        async for question in questions:
            async with aclosing(stream_answer(self.graph, _whole_input(question), config, context)) as pieces:
                async for piece in pieces:
                    yield piece


async def stream_answer(
    graph: CompiledStateGraph[Any, Any, Any, Any],
    state: Any,
    config: RunnableConfig,
    context: SecretContext | None = None,
) -> AsyncGenerator[AddableDict, None]:
    """Run a graph that ends in an answer object, in a run of its own; yield the pieces that add up to the object."""
    final: Any = {}
    run: AsyncIterator[Any] = graph.astream(
        state,
        merge_configs(config, _settings(config)),
        context=context,
        stream_mode=["custom", "updates", "values"],
        subgraphs=True,
    )
    async with aclosing(run_apart(run)) as events:  # whoever stops listening stops the work
        async for namespace, mode, data in events:
            if mode == "custom":
                yield AddableDict(data)
            elif mode == "values":
                final = data if "answer" in data else final
            elif not namespace and "ingest" in data:
                yield AddableDict(ingested=data["ingest"]["ingested"])
    yield AddableDict({key: value for key, value in final["answer"].items() if key != "answer"})


def _settings(config: RunnableConfig) -> RunnableConfig:
    """Name the thread and the run; a fresh thread when the caller named none."""
    thread_id = config.get("configurable", {}).get("thread_id") or str(uuid.uuid4())
    return RunnableConfig(configurable={"thread_id": thread_id, "run_id": str(uuid.uuid4())}, recursion_limit=50)


def _whole_input(question: AssistantInput) -> AssistantInput:
    """Set every key of the input, so that nothing of an earlier question in the thread stays behind."""
    return AssistantInput(
        question=question["question"],
        collection=question.get("collection") or DEFAULT_COLLECTION,
        documents=question.get("documents"),
        files=question.get("files", []),
    )
