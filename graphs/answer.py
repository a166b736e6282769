"""The answer agent: write from the passages, prove each citation, box it on its page, make the answer object."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import merge_configs
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from chains.answer import AnswerRequest, split_claims
from graphs.state import DEFAULT_COLLECTION, AnswerInput, AnswerOutput, AnswerState
from tools.boxes import QuoteBoxes
from tools.models import chat_model_errors
from tools.proof import prove_claim
from tools.refusals import write_refusal
from tools.store import SqliteStore
from tools.types import Answer, Citation, NearestPage, Passage, UnreadPages, Usage

_NEAREST = 3
_TURNS_SHOWN = 6


@dataclass(frozen=True)
class AnswerAgent:
    """What the answer agent works with, and its nodes in running order."""

    chain: Runnable[AnswerRequest, Any]
    """As `build_answer_chain` makes it; its output is an `AnswerDraft`."""
    model: str
    """Name of the chat model, recorded in every answer."""
    store: SqliteStore
    boxes: QuoteBoxes

    def choose(self, state: AnswerInput) -> Literal["write", "refuse"]:
        """Refuse at once when retrieval found no evidence."""
        return "write" if state.get("verdict", "evidence") == "evidence" and state.get("passages") else "refuse"

    async def write(self, state: AnswerInput, config: RunnableConfig) -> dict[str, Any]:
        """Have the model write, streaming its words as `{"answer": …}` on the `custom` stream."""
        began, tell, usage = time.perf_counter(), get_stream_writer(), UsageMetadataCallbackHandler()
        request = AnswerRequest(
            question=state.get("standalone_question", state["question"]),
            passages=state.get("passages", []),
            turns=state.get("turns", [])[-_TURNS_SHOWN:],
        )
        draft: dict[str, Any] = {"answer": "", "cited": []}
        with chat_model_errors():
            async for piece in self.chain.astream(request, merge_configs(config, {"callbacks": [usage]})):
                if text := piece.get("answer"):
                    tell({"answer": text})
                    draft["answer"] += text
                draft["cited"] = piece.get("cited", draft["cited"])
        seconds = round(time.perf_counter() - began, 4)
        return {"draft": draft["answer"], "cited": draft["cited"], "usage": _total(usage), "answer_s": seconds}

    async def prove(self, state: AnswerState) -> dict[str, Any]:
        """Look every citation up on its page; what is not there is marked unverified."""
        claims = zip(split_claims(state["draft"]), state["cited"], strict=True)
        citations = [
            await asyncio.to_thread(self._prove, number, claim, state["passages"][cited - 1])
            for number, (claim, cited) in enumerate(claims, 1)
        ]
        return {"citations": citations}

    def judge(self, state: AnswerState) -> Literal["box", "refuse"]:
        """Let an answer out only when at least one citation was proven."""
        return "box" if any(citation["status"] != "unverified" for citation in state["citations"]) else "refuse"

    async def box(self, state: AnswerState) -> dict[str, Any]:
        """Find where each quote stands on the picture of its page."""
        boxed = await asyncio.gather(*(self.boxes.find(citation) for citation in state["citations"]))
        return {"citations": [{**c, "boxes": boxes} for c, boxes in zip(state["citations"], boxed, strict=True)]}

    async def format(self, state: AnswerState, config: RunnableConfig) -> AnswerOutput:
        """Put the answer object together."""
        documents = {passage["document_id"] for passage in state["passages"]}
        unread = await asyncio.to_thread(self._unread, state, list(documents))
        return {
            "answer": self._answer(state, config, unread, {"answer": state["draft"], "found": True, "reason": None})
        }

    async def refuse(self, state: AnswerState, config: RunnableConfig) -> AnswerOutput:
        """Say that there is no answer, why, and which pages came closest."""
        passages = state.get("passages", [])
        unread = await asyncio.to_thread(self._unread, state, state.get("documents"))
        draft = state.get("draft", "")
        reason = state.get("reason") or ("unproven" if draft else "no_answer" if passages else "no_match")
        nearest = _nearest(passages)
        refusal = write_refusal(state["question"], reason, nearest)
        text = f"\n\n{refusal}" if draft else refusal
        get_stream_writer()({"answer": text})
        outcome = {"answer": draft + text, "found": False, "reason": reason, "citations": [], "nearest_pages": nearest}
        return {"answer": self._answer(state, config, unread, outcome)}

    def _prove(self, number: int, claim: str, passage: Passage) -> Citation:
        page = self.store.page_text(passage["document_id"], passage["page"])
        proof = prove_claim(claim, passage, page.text)
        return Citation(
            id=number,
            document_id=passage["document_id"],
            document=passage["document"],
            page=passage["page"],
            quote=proof.quote,
            start=proof.start,
            end=proof.end,
            boxes=[],
            status=proof.status,
        )

    def _unread(self, state: AnswerState, documents: Sequence[str] | None) -> list[UnreadPages]:
        """List what could not be read of some documents, or of the whole collection, where an answer may have stood."""
        collection = state.get("collection", DEFAULT_COLLECTION)
        unread = self.store.unread_pages_among(collection, documents=documents)
        return [
            UnreadPages(document=self.store.page_text(document_id, pages[0]).document, pages=pages)
            for document_id, pages in unread.items()
        ]

    def _answer(
        self, state: AnswerState, config: RunnableConfig, unread: list[UnreadPages], outcome: dict[str, Any]
    ) -> Answer:
        settings = config.get("configurable", {})
        answer: Answer = {
            "question": state["question"],
            "answer": "",
            "found": False,
            "reason": None,
            "citations": state.get("citations", []),
            "nearest_pages": [],
            "unread_pages": unread,
            "collection": state.get("collection", DEFAULT_COLLECTION),
            "generation": state.get("generation", 0),
            "model": self.model,
            "thread_id": str(settings.get("thread_id", "")),
            "run_id": str(settings.get("run_id", "")),
            "timings": {"search_s": state.get("search_s", 0.0), "answer_s": state.get("answer_s", 0.0)},
            "usage": state.get("usage", Usage(input_tokens=0, output_tokens=0)),
        }
        return {**answer, **outcome}  # type: ignore[typeddict-item] # the outcome holds keys of an answer only


def build_answer_graph(agent: AnswerAgent) -> CompiledStateGraph[AnswerState, None, AnswerInput, AnswerOutput]:
    """Build the answer agent."""
    graph = StateGraph(AnswerState, input_schema=AnswerInput, output_schema=AnswerOutput)
    graph.add_node("write", agent.write)
    graph.add_node("prove", agent.prove)
    graph.add_node("box", agent.box)
    graph.add_node("format", agent.format)
    graph.add_node("refuse", agent.refuse)
    graph.add_conditional_edges(START, agent.choose)
    graph.add_edge("write", "prove")
    graph.add_conditional_edges("prove", agent.judge)
    graph.add_edge("box", "format")
    graph.add_edge("format", END)
    graph.add_edge("refuse", END)
    return graph.compile(name="answer")


def _nearest(passages: Sequence[Passage]) -> list[NearestPage]:
    pages = dict.fromkeys((p["document_id"], p["document"], p["page"]) for p in passages)
    return [NearestPage(document_id=i, document=name, page=page) for i, name, page in list(pages)[:_NEAREST]]


def _total(usage: UsageMetadataCallbackHandler) -> Usage:
    counts = usage.usage_metadata.values()
    return Usage(
        input_tokens=sum(count["input_tokens"] for count in counts),
        output_tokens=sum(count["output_tokens"] for count in counts),
    )
