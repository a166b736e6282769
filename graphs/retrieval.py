"""The retrieval agent: make the question stand alone, search, and judge whether what was found is evidence."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from chains.condense import CondenseRequest
from graphs.state import DEFAULT_COLLECTION, RetrievalInput, RetrievalOutput, RetrievalState
from tools.evidence import EvidenceRule, judge_evidence
from tools.models import chat_model_errors
from tools.search import HybridSearch

_TURNS_REMEMBERED = 6
"""How many earlier turns a follow-up may lean on."""


@dataclass(frozen=True)
class RetrievalAgent:
    """What the retrieval agent works with, and its nodes in running order."""

    condense_chain: Runnable[CondenseRequest, str]
    search_tool: HybridSearch
    rule: EvidenceRule = field(default_factory=EvidenceRule)
    passages: int = 6
    """How many passages are handed on at most."""

    async def condense(self, state: RetrievalInput, config: RunnableConfig) -> dict[str, Any]:
        """Make the question understandable without the conversation."""
        turns = state.get("turns", [])[-_TURNS_REMEMBERED:]
        if not turns:
            return {"standalone_question": state["question"]}
        request = CondenseRequest(question=state["question"], turns=turns)
        with chat_model_errors():
            return {"standalone_question": await self.condense_chain.ainvoke(request, config)}

    async def search(self, state: RetrievalState) -> dict[str, Any]:
        """Search by words and by meaning, preferring the pages that the conversation has been about."""
        began = time.perf_counter()
        found = await asyncio.to_thread(
            self.search_tool.search,
            state["standalone_question"],
            collection=state.get("collection", DEFAULT_COLLECTION),
            documents=state.get("documents"),
            near=[(place["document_id"], place["page"]) for turn in state.get("turns", []) for place in turn["places"]],
            limit=self.passages,
        )
        return {
            "passages": found.passages,
            "generation": found.generation,
            "coverage": found.coverage,
            "similarity": found.similarity,
            "chunks": found.chunks,
            "search_s": round(time.perf_counter() - began, 4),
        }

    async def grade(self, state: RetrievalState) -> dict[str, Any]:
        """Judge whether the passages are evidence enough to answer from, or say why not."""
        reason = judge_evidence(
            self.rule,
            chunks=state["chunks"],
            passages=len(state["passages"]),
            coverage=state["coverage"],
            similarity=state["similarity"],
        )
        return {"verdict": "not_found" if reason else "evidence", "reason": reason}


def build_retrieval_graph(
    agent: RetrievalAgent,
) -> CompiledStateGraph[RetrievalState, None, RetrievalInput, RetrievalOutput]:
    """Build the retrieval agent."""
    graph = StateGraph(RetrievalState, input_schema=RetrievalInput, output_schema=RetrievalOutput)
    graph.add_node("condense", agent.condense)
    graph.add_node("search", agent.search)
    graph.add_node("grade", agent.grade)
    graph.add_edge(START, "condense")
    graph.add_edge("condense", "search")
    graph.add_edge("search", "grade")
    graph.add_edge("grade", END)
    return graph.compile(name="retrieval")
