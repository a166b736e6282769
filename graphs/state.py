"""What flows through the graphs: plain types only, so that every checkpointer can keep it."""

import operator
from dataclasses import dataclass, field
from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from tools.types import Answer, Citation, IngestedDocument, NearestPage, Passage, Reason, Turn, Usage

DEFAULT_COLLECTION = "default"


@dataclass(frozen=True)
class SecretContext:
    """What a run needs but no checkpoint, trace or log may keep; LangGraph hands it to nodes as `runtime.context`."""

    password: str | None = field(default=None, repr=False)
    """Opens encrypted files."""


class IngestFile(TypedDict):
    """One file to take in."""

    path: str
    """Where the file stands now."""
    name: str
    """What the collection will call it."""
    shown: NotRequired[str]
    """What messages call it; the path when not set. Doors set it, whose callers must not see the server's paths."""


class IngestInput(TypedDict):
    """What the ingest agent is asked to do."""

    files: list[IngestFile]
    collection: NotRequired[str]


class IngestState(IngestInput):
    """State of the ingest agent."""

    ingested: NotRequired[Annotated[list[IngestedDocument], operator.add]]
    """One entry a file, in the order they were finished."""


class FileState(TypedDict):
    """State of the ingest agent's work on one file."""

    file: IngestFile
    collection: str
    document_id: NotRequired[str]
    """Set once the file is registered."""
    pages: NotRequired[int]
    stored: NotRequired[str]
    """Where the store keeps its own copy of the file."""
    scanned: NotRequired[list[int]]
    """Pages that need OCR."""
    ingested: NotRequired[list[IngestedDocument]]


class FileOutput(TypedDict):
    """What the work on one file gives."""

    ingested: list[IngestedDocument]


class RetrievalInput(TypedDict):
    """What the retrieval agent is asked."""

    question: str
    collection: NotRequired[str]
    documents: NotRequired[list[str] | None]
    """Ids of the documents to look in; all by default."""
    turns: NotRequired[list[Turn]]
    """What was said before in the thread, oldest first."""


class RetrievalOutput(TypedDict):
    """What the retrieval agent finds."""

    standalone_question: str
    """The question with what it needs of the conversation."""
    passages: list[Passage]
    """Best first; empty when the verdict is a refusal for lack of any match."""
    verdict: Literal["evidence", "not_found"]
    reason: Reason | None
    """Why there is no evidence; `None` when there is."""
    generation: int
    search_s: float


class RetrievalState(RetrievalInput, RetrievalOutput):
    """State of the retrieval agent."""

    coverage: float
    similarity: float | None
    chunks: int


class AnswerInput(TypedDict):
    """What the answer agent works from."""

    question: str
    standalone_question: NotRequired[str]
    passages: NotRequired[list[Passage]]
    verdict: NotRequired[Literal["evidence", "not_found"]]
    reason: NotRequired[Reason | None]
    turns: NotRequired[list[Turn]]
    collection: NotRequired[str]
    documents: NotRequired[list[str] | None]
    generation: NotRequired[int]
    search_s: NotRequired[float]


class AnswerOutput(TypedDict):
    """What the answer agent gives."""

    answer: Answer


class AnswerState(AnswerInput, AnswerOutput):
    """State of the answer agent."""

    draft: str
    """The model's text with numbered citation marks."""
    cited: list[int]
    """For each mark, the number of the passage it stands for, from 1."""
    citations: list[Citation]
    nearest_pages: list[NearestPage]
    usage: Usage
    answer_s: float


class AssistantInput(TypedDict):
    """A question to the assistant; `files` are taken in first."""

    question: str
    collection: NotRequired[str]
    documents: NotRequired[list[str] | None]
    files: NotRequired[list[IngestFile]]


class AssistantState(AssistantInput, RetrievalOutput):
    """State of the assistant; a thread's checkpoints hold it."""

    turns: Annotated[list[Turn], operator.add]
    ingested: list[IngestedDocument]
    """What became of the files that came with the question."""
    answer: Answer
