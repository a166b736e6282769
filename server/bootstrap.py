"""The composition root: the only place that chooses real things, and every choice has a parameter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from callbacks.usage import UsageCallback
from chains.answer import build_answer_chain
from chains.condense import build_condense_chain, build_condense_rule
from graphs.answer import AnswerAgent
from graphs.assistant import Agents, Assistant, build_assistant_graph
from graphs.ingest import IngestAgent
from graphs.retrieval import RetrievalAgent
from server.settings import Settings
from server.tracing import settle_tracing
from tools.boxes import QuoteBoxes
from tools.embeddings import in_background, load_embeddings
from tools.evidence import EvidenceRule
from tools.models import EXTRACTIVE, lazy_chat_model, load_chat_model
from tools.ocr.engine import OcrEngine, OcrLimits
from tools.pdf.reader import PdfLimits, PdfReader
from tools.search import HybridSearch
from tools.store import FileStore, SqliteStore
from tools.vectors import VectorIndex, VectorWriter

ChatModel = Runnable[LanguageModelInput, BaseMessage]


@dataclass(frozen=True)
class Service:
    """Everything a door needs: the assistant, its agents and the store."""

    settings: Settings
    store: SqliteStore
    files: FileStore
    agents: Agents
    assistant: Assistant
    usage: UsageCallback
    """Tokens that the chat model used since the service was opened."""


@asynccontextmanager
async def open_service(
    settings: Settings, *, model: BaseChatModel | None = None, embeddings: Embeddings | None = None
) -> AsyncIterator[Service]:
    """Open everything under the data directory and close it again.

    Args:
        settings: What the operator chose.
        model: Chat model in place of the one that the settings name.
        embeddings: Embeddings in place of the ones that the settings name.

    Raises:
        PageloomError: The store was written by a newer version, or a model cannot be used.
    """
    settle_tracing()
    async with AsyncExitStack() as stack:
        directory = settings.data_dir
        await asyncio.to_thread(_make_private, directory)
        store = await asyncio.to_thread(SqliteStore, directory / "pageloom.sqlite")
        stack.callback(store.close)
        files = FileStore(directory / "files")
        reader = PdfReader(_pdf_limits(settings))
        stack.push_async_callback(reader.close)
        ocr = OcrEngine(_ocr_limits(settings))
        stack.push_async_callback(ocr.close)
        checkpointer = await stack.enter_async_context(_open_checkpointer(directory / "threads.sqlite"))
        embeddings = embeddings or _load_embeddings(settings)
        extractive = model is None and settings.chat_model == EXTRACTIVE
        usage = UsageCallback()
        chat: ChatModel = (model or _load_chat_model(settings, embeddings)).with_config(callbacks=[usage])
        agents = Agents(
            IngestAgent(reader, ocr, store, files, VectorWriter(store, in_background(embeddings), settings.embeddings)),
            _build_retrieval_agent(settings, store, embeddings, None if extractive else chat),
            AnswerAgent(
                build_answer_chain(chat, prompt_version=settings.prompt_version),
                settings.chat_model,
                store,
                QuoteBoxes(reader, store, files),
            ),
        )
        yield Service(settings, store, files, agents, Assistant(build_assistant_graph(agents, checkpointer)), usage)


def _make_private(directory: Path) -> None:
    """Make the data directory readable for its owner only; one that is there keeps the rights it was given."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _build_retrieval_agent(
    settings: Settings, store: SqliteStore, embeddings: Embeddings, model: ChatModel | None
) -> RetrievalAgent:
    """Have a chat model condense follow-ups when there is one; the extractive default does so by rule."""
    search = HybridSearch(store, VectorIndex(store, settings.embeddings), embeddings)
    if model is None:
        return RetrievalAgent(build_condense_rule(), search, passages=settings.passages)
    return RetrievalAgent(build_condense_chain(model), search, rule=EvidenceRule.lenient(), passages=settings.passages)


def _load_chat_model(settings: Settings, embeddings: Embeddings) -> ChatModel:
    return lazy_chat_model(
        lambda: load_chat_model(
            settings.chat_model,
            embeddings=embeddings,
            base_url=settings.chat_base_url,
            api_key=settings.chat_api_key.get_secret_value(),
            timeout_s=settings.chat_timeout_s,
        )
    )


def _load_embeddings(settings: Settings) -> Embeddings:
    return load_embeddings(
        settings.embeddings,
        base_url=settings.embeddings_base_url,
        api_key=settings.embeddings_api_key.get_secret_value(),
    )


@asynccontextmanager
async def _open_checkpointer(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """Open the conversations; only plain types are read back from them, whatever a file claims to hold."""
    async with AsyncSqliteSaver.from_conn_string(str(path)) as checkpointer:
        checkpointer.serde = JsonPlusSerializer(allowed_msgpack_modules=None)
        yield checkpointer


def _pdf_limits(settings: Settings) -> PdfLimits:
    return PdfLimits(
        max_bytes=settings.max_file_bytes, max_pages=settings.max_pages, page_timeout_s=settings.page_timeout_s
    )


def _ocr_limits(settings: Settings) -> OcrLimits:
    limits = OcrLimits(page_timeout_s=settings.ocr_timeout_s)
    return replace(limits, workers=settings.ocr_workers) if settings.ocr_workers else limits
