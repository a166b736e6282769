"""A workshop with everything the agents work with: real tools on real files, fake models."""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import BaseChatModel
from typing_extensions import override

from chains.answer import build_answer_chain
from chains.condense import build_condense_rule
from graphs.answer import AnswerAgent
from graphs.ingest import PROGRESS, IngestAgent, build_ingest_graph
from graphs.retrieval import RetrievalAgent
from graphs.state import IngestFile, IngestInput, SecretContext
from tests.fakes import WordEmbeddings
from tools.boxes import QuoteBoxes
from tools.evidence import EvidenceRule
from tools.ocr.engine import OcrEngine, OcrLimits
from tools.pdf.reader import PdfLimits, PdfReader
from tools.search import HybridSearch
from tools.split import split_page
from tools.store import FileStore, NewDocument, SqliteStore
from tools.types import IngestedDocument, PageKind, PageRecord, TextLine
from tools.vectors import VectorIndex, VectorWriter

MODEL = "words"


class Workshop:
    """Everything the agents work with, in one directory."""

    def __init__(self, directory: Path, reader: PdfReader, ocr: OcrEngine) -> None:
        self.directory = directory
        self.reader = reader
        self.ocr = ocr
        self.store = SqliteStore(directory / "store.sqlite")
        self.files = FileStore(directory / "files")
        self.embeddings = WordEmbeddings()

    @property
    def writer(self) -> VectorWriter:
        """Return what gives chunks their vectors."""
        return VectorWriter(self.store, self.embeddings, MODEL)

    def ingest_agent(self) -> IngestAgent:
        """Return an ingest agent."""
        return IngestAgent(self.reader, self.ocr, self.store, self.files, self.writer)

    def retrieval_agent(self, rule: EvidenceRule | None = None) -> RetrievalAgent:
        """Return a retrieval agent that condenses by rule and takes any passage for evidence."""
        search = HybridSearch(self.store, VectorIndex(self.store, MODEL), self.embeddings)
        return RetrievalAgent(build_condense_rule(), search, rule=rule or EvidenceRule.lenient())

    def answer_agent(self, model: BaseChatModel) -> AnswerAgent:
        """Return an answer agent that writes with a model."""
        boxes = QuoteBoxes(self.reader, self.store, self.files)
        return AnswerAgent(build_answer_chain(model), "scripted", self.store, boxes)

    async def ingest(
        self, *paths: Path, collection: str = "default", password: str | None = None, callbacks: Sequence[Any] = ()
    ) -> list[IngestedDocument]:
        """Take files in and return what became of them, by name."""
        files = [IngestFile(path=str(path), name=path.name) for path in paths]
        outcome = await build_ingest_graph(self.ingest_agent()).ainvoke(
            IngestInput(files=files, collection=collection),
            {"callbacks": list(callbacks)},
            context=SecretContext(password),
        )
        return sorted(outcome.get("ingested", []), key=lambda document: document["name"])

    def shelve(self, name: str, *pages: str | PageKind, collection: str = "default") -> str:
        """Put a document into the store without reading any file; `failed` and `blank` are pages of that kind.

        Each page has one line, a box for any quote of it.
        """
        document_id = self.store.register(collection, NewDocument(name, name, 1, len(pages))).document_id
        records = [_record(number, page) for number, page in enumerate(pages, 1)]
        self.store.add_pages(document_id, records)
        chunks = [chunk for record in records for chunk in split_page(record.page, record.text)]
        self.store.add_chunks(document_id, chunks, context=name)
        self.store.publish(document_id)
        while self.writer.write_next():
            pass
        return document_id


def _record(number: int, page: str | PageKind) -> PageRecord:
    if page in {"failed", "blank"}:
        return PageRecord(number, "failed" if page == "failed" else "blank", "", "", 1.0, 1.0)
    return PageRecord(number, "ocr", "", page, 1.0, 1.0, lines=(TextLine(0, len(page), (1.0, 2.0, 3.0, 4.0)),))


class ProgressNotes(AsyncCallbackHandler):
    """Writes down every progress event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    @override
    async def on_custom_event(self, name: str, data: Any, **kwargs: Any) -> None:
        if name == PROGRESS:
            self.events.append(data)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader() -> AsyncIterator[PdfReader]:
    """Yield a reader whose children serve all tests of a module."""
    reader = PdfReader(PdfLimits(children=1))
    yield reader
    await reader.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ocr() -> AsyncIterator[OcrEngine]:
    """Yield an OCR engine of one child, started when it is needed."""
    ocr = OcrEngine(OcrLimits(workers=1))
    yield ocr
    await ocr.close()


@pytest.fixture
def workshop(tmp_path: Path, reader: PdfReader, ocr: OcrEngine) -> Iterator[Workshop]:
    """Yield an empty workshop."""
    workshop = Workshop(tmp_path, reader, ocr)
    yield workshop
    workshop.store.close()
