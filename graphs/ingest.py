"""The ingest agent: inspect each file, read its pages, recognise the scanned ones, split, index, publish, embed."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from langchain_core.callbacks import adispatch_custom_event
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from graphs.state import DEFAULT_COLLECTION, FileOutput, FileState, IngestFile, IngestInput, IngestState, SecretContext
from tools.errors import DocumentError, PageloomError, WorkerError
from tools.furniture import running_lines
from tools.ocr.engine import OcrEngine
from tools.ocr.merge import merge_ocr, to_record
from tools.pdf.pages import Inspection, PageRead
from tools.pdf.reader import PdfReader
from tools.split import split_page
from tools.store import FileStore, NewDocument, SqliteStore
from tools.store.files import digest_file
from tools.types import IngestedDocument, PageRecord
from tools.vectors import VectorWriter

PROGRESS = "ingest_progress"
"""Name of the custom event that tells how far an ingest is: `{"step": "pages" | "vectors", "done": …, "total": …}`."""
_PAGES_PER_WRITE = 32
_KINDS = ("text", "ocr", "blank", "failed")


@dataclass(frozen=True)
class IngestAgent:
    """What the ingest agent works with, and its nodes in running order."""

    reader: PdfReader
    ocr: OcrEngine
    store: SqliteStore
    files: FileStore
    vectors: VectorWriter
    files_at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Taken inside a node: LangGraph's own `max_concurrency` would delay the checkpoints of finished tasks."""
    vectors_at_once: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def register(
        self, state: FileState, runtime: Runtime[SecretContext]
    ) -> Command[Literal["read_pages", "__end__"]]:
        """Inspect the file, keep a copy and make it known; a file that cannot be taken, or is known, ends here."""
        file = state["file"]
        try:
            admitted = await self.admit(file, state["collection"], _password(runtime))
        except (DocumentError, WorkerError) as error:
            return _end(failed_document(file, error))
        if admitted.state in {"unchanged", "restored"}:
            outcome: Literal["ingested", "unchanged"] = "unchanged" if admitted.state == "unchanged" else "ingested"
            return _end(await self._outcome(state, admitted.document_id, outcome))
        stored = str(self.files.path(admitted.sha256))
        return Command(
            update={"document_id": admitted.document_id, "stored": stored, "pages": admitted.pages}, goto="read_pages"
        )

    async def admit(self, file: IngestFile, collection: str, password: str | None = None) -> "AdmittedFile":
        """Do what `register` does for doors that answer before the pages are read; doing it twice changes nothing.

        Raises:
            DocumentError: The file cannot be taken; the subclass says why.
            WorkerError: The child process that opened it died or hung.
        """
        path = Path(file["path"])
        inspection = await self.reader.inspect(path, name=_shown(file), password=password)
        new = await asyncio.to_thread(self._keep, file, inspection)
        registration = await asyncio.to_thread(self.store.register, collection, new)
        return AdmittedFile(registration.document_id, registration.state, new.name, new.sha256, new.pages)

    async def read_pages(
        self, state: FileState, runtime: Runtime[SecretContext]
    ) -> Command[Literal["recognise_pages", "__end__"]]:
        """Read the text layer of every page that is not in the ledger yet and find those that need OCR."""
        document_id, scanned = state["document_id"], list[int]()
        try:
            async with self.files_at_once:
                known = await asyncio.to_thread(self.store.read_page_numbers, document_id)
                todo = [page for page in range(1, state["pages"] + 1) if page not in known]
                batch: list[PageRecord] = []
                async with aclosing(self._read(state, runtime, todo)) as reads:
                    async for read in reads:
                        if read.decision == "ocr":
                            scanned.append(read.page)
                        else:
                            batch.append(to_record(read))
                        if len(batch) >= _PAGES_PER_WRITE:
                            await self._write(state, batch)
                await self._write(state, batch)
        except (DocumentError, WorkerError) as error:
            return _end(await self._give_up(state, error))
        return Command(update={"scanned": scanned}, goto="recognise_pages")

    async def recognise_pages(
        self, state: FileState, runtime: Runtime[SecretContext]
    ) -> Command[Literal["split_pages", "__end__"]]:
        """Run OCR over the pages that need it; a page that cannot be recognised is a failed page, not a failed file."""
        try:
            async with (
                aclosing(self._read(state, runtime, state.get("scanned", []))) as reads,
                asyncio.TaskGroup() as tasks,
            ):
                async for read in reads:
                    tasks.create_task(self._recognise(state, runtime, read))
        except* (DocumentError, WorkerError) as group:
            first = group.exceptions[0]
            error = first if isinstance(first, PageloomError) else WorkerError(str(first))
        else:
            return Command(goto="split_pages")
        return _end(await self._give_up(state, error))

    async def split_pages(self, state: FileState) -> Command[Literal["publish", "__end__"]]:
        """Cut the pages into chunks, running heads left out, and index their words."""
        try:
            await asyncio.to_thread(self._split, state["document_id"], state["file"]["name"])
        except PageloomError as error:  # somebody deleted the document meanwhile
            return _end(failed_document(state["file"], error, state["document_id"]))
        return Command(goto="publish")

    async def publish(self, state: FileState) -> FileOutput:
        """Make the document visible in a new generation of its collection."""
        try:
            await asyncio.to_thread(self.store.publish, state["document_id"])
        except PageloomError as error:  # deleted meanwhile, or pages are missing
            return {"ingested": [failed_document(state["file"], error, state["document_id"])]}
        return {"ingested": [await self._outcome(state, state["document_id"], "ingested")]}

    async def embed_chunks(self, state: IngestState) -> dict[str, Any]:
        """Give every published chunk that lacks one its vector; what an interrupted run left over included."""
        del state  # every collection's chunks are caught up
        done = 0
        async with self.vectors_at_once:
            left = await asyncio.to_thread(self.vectors.missing)
            while written := await asyncio.to_thread(self.vectors.write_next):
                done += written
                await adispatch_custom_event(PROGRESS, {"step": "vectors", "done": done, "total": max(left, done)})
        return {}

    def _keep(self, file: IngestFile, inspection: Inspection) -> NewDocument:
        path = Path(file["path"])
        sha256 = digest_file(path)
        size = self.files.keep(path, sha256).stat().st_size
        return NewDocument(_readable(file["name"]), sha256, size, inspection.pages, _readable(inspection.title))

    def _read(self, state: FileState, runtime: Runtime[SecretContext], pages: Sequence[int]) -> Any:
        return self.reader.read_pages(
            Path(state["stored"]), name=_shown(state["file"]), password=_password(runtime), pages=pages
        )

    async def _recognise(self, state: FileState, runtime: Runtime[SecretContext], read: PageRead) -> None:
        try:
            found = await self.ocr.read_page(
                Path(state["stored"]), page=read.page, password=_password(runtime), regions=read.regions
            )
            record = merge_ocr(read, found)
        except WorkerError as error:
            record = to_record(replace(read, reason=f"ocr-{error.code}"))
        await self._write(state, [record])

    async def _write(self, state: FileState, batch: list[PageRecord]) -> None:
        """Write a batch of pages, tell how far the document is, and empty the batch."""
        await asyncio.to_thread(self.store.add_pages, state["document_id"], batch)
        batch.clear()
        done = len(await asyncio.to_thread(self.store.read_page_numbers, state["document_id"]))
        progress = {
            "step": "pages",
            "document": _readable(state["file"]["name"]),
            "done": done,
            "total": state["pages"],
        }
        await adispatch_custom_event(PROGRESS, progress)

    def _split(self, document_id: str, name: str) -> None:
        pages = [(record.page, record.text) for record in self.store.pages(document_id)]
        running = running_lines([text for _, text in pages])
        chunks = [chunk for page, text in pages for chunk in split_page(page, text, running=running)]
        self.store.add_chunks(document_id, chunks, context=PurePosixPath(name).stem)

    async def _give_up(self, state: FileState, error: PageloomError) -> IngestedDocument:
        document_id = state["document_id"]
        await asyncio.to_thread(self.store.fail, document_id, code=error.code, message=str(error))
        return failed_document(state["file"], error, document_id)

    async def _outcome(
        self, state: FileState, document_id: str, outcome: Literal["ingested", "unchanged"]
    ) -> IngestedDocument:
        kinds = await asyncio.to_thread(self.store.page_kinds, document_id)
        pages = sum(kinds.values())
        return IngestedDocument(
            path=_shown(state["file"]),
            name=_readable(state["file"]["name"]),
            id=document_id,
            state=outcome,
            code=None,
            message="already there, nothing to do" if outcome == "unchanged" else f"{pages} pages",
            pages=pages,
            page_kinds=kinds,
        )


@dataclass(frozen=True)
class AdmittedFile:
    """A file that can be taken, kept and known, its pages still to be read."""

    document_id: str
    state: Literal["new", "unfinished", "unchanged", "restored"]
    name: str
    sha256: str
    pages: int


def build_ingest_graph(agent: IngestAgent) -> CompiledStateGraph[IngestState, SecretContext, IngestInput, IngestState]:
    """Build the ingest agent.

    It takes every file it can: a file that cannot be taken becomes an entry of `ingested` with its code, and the
    others go on. Callback handlers hear how far it is by `PROGRESS` events.
    """
    graph = StateGraph(IngestState, context_schema=SecretContext, input_schema=IngestInput)
    graph.add_node("ingest_file", build_file_graph(agent))
    graph.add_node("embed_chunks", agent.embed_chunks)
    graph.add_conditional_edges(START, hand_out_files, ["ingest_file", "embed_chunks"])
    graph.add_edge("ingest_file", "embed_chunks")
    graph.add_edge("embed_chunks", END)
    return graph.compile(name="ingest")


def hand_out_files(state: IngestInput) -> list[Send] | Literal["embed_chunks"]:
    """Send every file its own way."""
    collection = state.get("collection", DEFAULT_COLLECTION)
    sends = [Send("ingest_file", {"file": file, "collection": collection}) for file in state["files"]]
    return sends or "embed_chunks"


def build_file_graph(agent: IngestAgent) -> CompiledStateGraph[FileState, SecretContext, FileState, FileOutput]:
    """Build the part of the ingest agent that takes one file in, up to where it is found by keyword."""
    graph = StateGraph(FileState, context_schema=SecretContext, output_schema=FileOutput)
    graph.add_node("register", agent.register)
    graph.add_node("read_pages", agent.read_pages)
    graph.add_node("recognise_pages", agent.recognise_pages)
    graph.add_node("split_pages", agent.split_pages)
    graph.add_node("publish", agent.publish)
    graph.add_edge(START, "register")
    graph.add_edge("publish", END)
    return graph.compile(name="ingest_file")


def failed_document(file: IngestFile, error: PageloomError, document_id: str | None = None) -> IngestedDocument:
    """Return the outcome of a file that cannot be taken."""
    return IngestedDocument(
        path=_shown(file),
        name=_readable(file["name"]),
        id=document_id,
        state="failed",
        code=error.code,
        message=str(error),
        pages=0,
        page_kinds=dict.fromkeys(_KINDS, 0),
    )


def _password(runtime: Runtime[SecretContext]) -> str | None:
    return runtime.context.password if runtime.context else None


def _shown(file: IngestFile) -> str:
    return _readable(file.get("shown", file["path"]))


def _readable(name: str) -> str:
    """Spell out what no text can hold: the bytes of a file name that are not UTF-8, half characters of a title."""
    return name.encode("utf-8", "backslashreplace").decode()


def _end(outcome: IngestedDocument) -> Command[Any]:
    return Command(update={"ingested": [outcome]}, goto=END)
