"""What crosses HTTP: bodies of requests and responses, each field with what it means and an example."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.intake import Receipt
from tools.store import Document
from tools.types import CitationStatus, PageKind, PageRecord, Reason

_NOT_BLANK = r"\S"
_EXAMPLE_ID = "228e1f7472ba9f0dfdda"
_EXAMPLE_RUN = "db870b68-05dd-4a03-a728-62bc659dcc7f"

DocumentIdField = Annotated[str, Field(description="Id of the document.", examples=[_EXAMPLE_ID])]
DocumentName = Annotated[str, Field(description="Name of the document.", examples=["report.pdf"])]
PageNumber = Annotated[int, Field(description="Page of the file, from 1.", examples=[12])]
ThreadId = Annotated[
    str, Field(description="Name of the conversation.", examples=[_EXAMPLE_RUN], min_length=1, max_length=200)
]
CollectionName = Annotated[
    str, Field(description="Name of the collection.", examples=["default"], min_length=1, max_length=100)
]


def _name_null_among_types(schema: dict[str, Any]) -> None:
    """Write `X | None` as one schema of two types: LangServe's playground stays blank at one that is null alone."""
    for field in schema["properties"].values():
        if "anyOf" in field:
            value, _null = field.pop("anyOf")
            field.update({**value, **field, "type": [value["type"], "null"]})
            if "enum" in field:
                field["enum"] = [*field["enum"], None]


class _Body(BaseModel):
    """What a caller sends to a door that has a playground."""

    model_config = ConfigDict(json_schema_extra=_name_null_among_types)


class Question(_Body):
    """A question about the documents."""

    question: str = Field(
        title="Question",
        description="The question, in any language.",
        examples=["How much did the trial cost?"],
        pattern=_NOT_BLANK,
        max_length=8000,
    )
    collection: CollectionName | None = Field(
        default=None,
        title="Collection",
        description="Collection to look in; the configured one by default.",
        examples=["default"],
    )
    documents: list[str] | None = Field(
        default=None,
        title="Documents",
        description="Ids of the documents to look in; all by default.",
        examples=[[_EXAMPLE_ID]],
    )


class CitationObject(BaseModel):
    """One quotation of a page that an answer rests on."""

    id: int = Field(description="The number in the answer's mark, `[1]`.", examples=[1])
    document_id: DocumentIdField
    document: DocumentName
    page: PageNumber
    quote: str = Field(description="The words as they stand on the page.", examples=["The trial cost 48,310 euros."])
    start: int = Field(description="Offset of the quote in the page's stored text.", examples=[1042])
    end: int = Field(description="Offset after the quote.", examples=[1131])
    boxes: list[list[float]] = Field(
        description="Left, top, right, bottom of each line in PDF points, origin at the top left.",
        examples=[[[72.0, 120.5, 410.2, 133.0]]],
    )
    status: CitationStatus = Field(
        description="Decided by matching the quote with the stored text, never by the model.", examples=["verified"]
    )


class NearestPageObject(BaseModel):
    """A page that came closest when nothing was good enough."""

    document_id: DocumentIdField
    document: DocumentName
    page: PageNumber


class UnreadPagesObject(BaseModel):
    """Pages of one document that could not be read."""

    document: DocumentName
    pages: list[int] = Field(description="Pages of the file, from 1.", examples=[[42]])


class UsageObject(BaseModel):
    """Tokens that the chat model reports; zeros for models that do not count."""

    input_tokens: int = Field(description="Tokens read.", examples=[0])
    output_tokens: int = Field(description="Tokens written.", examples=[0])


class AnswerObject(BaseModel):
    """The answer object, the same through every door."""

    question: str = Field(description="The question as asked.", examples=["How much did the trial cost?"])
    answer: str = Field(description="The answer with its citation marks.", examples=["48,310 euros in total. [1]"])
    found: bool = Field(description="Whether the documents hold an answer.", examples=[True])
    reason: Reason | None = Field(description="Why there is no answer; null when there is.", examples=["no_match"])
    citations: list[CitationObject] = Field(description="What the answer rests on; empty when nothing was found.")
    nearest_pages: list[NearestPageObject] = Field(description="Pages that came closest when nothing was found.")
    unread_pages: list[UnreadPagesObject] = Field(description="Pages of the documents used that could not be read.")
    collection: CollectionName
    generation: int = Field(description="State of the collection that was searched.", examples=[7])
    model: str = Field(description="The chat model that wrote.", examples=["extractive"])
    thread_id: ThreadId
    run_id: str = Field(description="Id of this run.", examples=[_EXAMPLE_RUN])
    timings: dict[str, float] = Field(description="Seconds by step.", examples=[{"search_s": 0.02, "answer_s": 0.31}])
    usage: UsageObject


class TurnObject(BaseModel):
    """One question of a conversation and its answer."""

    question: str = Field(description="The question as asked.", examples=["And in which year?"])
    standalone_question: str = Field(
        description="The question as it was searched for.", examples=["In which year did the trial cost 48,310 euros?"]
    )
    answer: str = Field(description="The answer.", examples=["In 2023. [1]"])
    places: list[NearestPageObject] = Field(description="The pages that were cited.")


class ThreadCreated(BaseModel):
    """A new conversation."""

    thread_id: ThreadId


class ThreadObject(BaseModel):
    """A conversation so far."""

    thread_id: ThreadId
    turns: list[TurnObject] = Field(description="Questions and answers, oldest first.")


class DocumentObject(BaseModel):
    """A document as listings show it."""

    id: DocumentIdField
    name: DocumentName
    pages: int = Field(description="How many pages the file has.", examples=[12])
    state: Literal["reading", "searchable", "ready", "failed"] = Field(
        description="`searchable`: found by keyword, vectors pending. `ready`: complete.", examples=["ready"]
    )
    version: int = Field(
        description="1 for the first file of this name, one more for each that followed.", examples=[1]
    )
    title: str = Field(description="Title from the file's own data, may be empty.", examples=["Report on the trial"])
    bytes: int = Field(description="Size of the file.", examples=[186354])
    code: str | None = Field(description="Why it failed; null otherwise.", examples=["damaged"])
    message: str = Field(description="The same in words.", examples=[""])
    page_kinds: dict[str, int] = Field(
        description="Pages by ledger kind.", examples=[{"text": 10, "ocr": 1, "blank": 1, "failed": 0}]
    )
    chunks: int = Field(description="Stretches of text that are searched.", examples=[31])
    vectors: int = Field(description="How many of them have their vector.", examples=[31])
    created_at: str = Field(description="UTC, ISO 8601.", examples=["2026-11-23T20:10:00+00:00"])

    @classmethod
    def of(cls, document: Document) -> "DocumentObject":
        """Show a document of the store."""
        return cls(**{name: getattr(document, name) for name in cls.model_fields})


class DocumentList(BaseModel):
    """The documents of a collection."""

    documents: list[DocumentObject] = Field(description="Sorted by name.")


class PageObject(BaseModel):
    """One row of the page ledger: what became of a page, and the figures behind it."""

    page: PageNumber
    kind: PageKind = Field(description="How the page was read, or that it was not.", examples=["text"])
    reason: str = Field(description="Short code for the decision.", examples=["text-layer"])
    characters: int = Field(description="Length of the stored text.", examples=[2417])
    confidence: float | None = Field(description="Mean OCR score from 0 to 1; null without OCR.", examples=[0.97])
    seconds: float = Field(description="How long the page took.", examples=[0.012])
    language: str = Field(description="ISO 639-1 code guessed from the text, empty when unsure.", examples=["en"])
    figures: dict[str, float] = Field(description="Measured signs behind the decision.", examples=[{"area": 0.4}])

    @classmethod
    def of(cls, record: PageRecord) -> "PageObject":
        """Show a row of the store's ledger."""
        shown = cls.model_fields.keys() - {"characters", "figures"}
        values: dict[str, Any] = {name: getattr(record, name) for name in shown}
        return cls(**values, characters=len(record.text), figures=dict(record.figures))


class PageLedger(BaseModel):
    """Every page of a document that has been read so far."""

    pages: list[PageObject] = Field(description="In page order.")


class UploadedFile(BaseModel):
    """What became of one uploaded file so far."""

    name: DocumentName
    id: str | None = Field(description="Id of the document; null when it was not taken.", examples=[_EXAMPLE_ID])
    state: Literal["queued", "unchanged", "failed"] = Field(
        description="`queued`: being read. `unchanged`: these bytes are there already.", examples=["queued"]
    )
    code: str | None = Field(description="Why it was not taken; null otherwise.", examples=["not_a_pdf"])
    message: str = Field(description="The same in words.", examples=["'a.txt' is not a PDF; give a PDF file"])
    pages: int = Field(description="How many pages the file has.", examples=[12])

    @classmethod
    def of(cls, receipt: Receipt) -> "UploadedFile":
        """Show a receipt."""
        error = receipt.error
        return cls(
            name=receipt.name,
            id=receipt.id,
            state=receipt.state,
            code=error.code if error else None,
            message=str(error) if error else "",
            pages=receipt.pages,
        )


class UploadedFiles(BaseModel):
    """What became of the uploaded files so far."""

    documents: list[UploadedFile] = Field(description="One entry a file, in the order they were sent.")

    @classmethod
    def of(cls, receipts: Sequence[Receipt]) -> "UploadedFiles":
        """Show receipts."""
        return cls(documents=[UploadedFile.of(receipt) for receipt in receipts])


class IngestBody(_Body):
    """A PDF to take in, for callers that speak JSON only; playgrounds show a file chooser for it."""

    file: str = Field(
        title="PDF",
        description="The file's bytes in base64.",
        examples=["JVBERi0xLjcK"],
        json_schema_extra={"extra": {"widget": {"type": "base64file"}}},
    )
    name: str = Field(
        default="",
        title="Name",
        description="What to call the document, `document-` and its digest by default; a name used before is replaced.",
        examples=["report.pdf"],
    )
    collection: CollectionName | None = Field(
        default=None,
        title="Collection",
        description="Where it goes; the configured collection by default.",
        examples=["default"],
    )


class IngestedObject(BaseModel):
    """What became of a file in the end."""

    name: DocumentName
    id: str | None = Field(description="Id of the document; null when it was not taken.", examples=[_EXAMPLE_ID])
    state: Literal["ingested", "unchanged", "failed"] = Field(
        description="`unchanged`: these bytes were there already.", examples=["ingested"]
    )
    code: str | None = Field(description="Why it failed; null otherwise.", examples=["not_a_pdf"])
    message: str = Field(description="The same in words.", examples=["12 pages"])
    pages: int = Field(description="How many pages the file has.", examples=[12])


class PassageObject(BaseModel):
    """A stretch of a page that was found."""

    chunk_id: int = Field(description="Id of the stretch.", examples=[31])
    document_id: DocumentIdField
    document: DocumentName
    page: PageNumber
    start: int = Field(description="Offset in the page's stored text.", examples=[1042], ge=0)
    end: int = Field(description="Offset after it.", examples=[1531], ge=0)
    heading: str = Field(default="", description="Heading it stands under.", examples=["Costs"])
    text: str = Field(description="Its words.", examples=["The trial cost 48,310 euros in total."])
    score: float = Field(default=0.0, description="How well it fits.", examples=[0.031])


class RetrievalObject(BaseModel):
    """What was found for a question, and whether it is evidence."""

    standalone_question: str = Field(description="The question as searched for.", examples=["What did the trial cost?"])
    passages: list[PassageObject] = Field(description="Best first.")
    verdict: Literal["evidence", "not_found"] = Field(description="Whether to answer.", examples=["evidence"])
    reason: Reason | None = Field(description="Why there is no evidence; null when there is.", examples=["no_match"])
    generation: int = Field(description="State of the collection that was searched.", examples=[7])
    search_s: float = Field(description="How long the search took.", examples=[0.02])


class AnswerBody(_Body):
    """A question and the passages to answer it from, as `/retrieval` gives them."""

    question: str = Field(
        title="Question",
        description="The question.",
        examples=["How much did the trial cost?"],
        pattern=_NOT_BLANK,
        max_length=8000,
    )
    passages: list[PassageObject] = Field(
        title="Passages", description="What to answer from; quotes are proven against the stored pages.", max_length=50
    )
    verdict: Literal["evidence", "not_found"] = Field(
        default="evidence", title="Verdict", description="`not_found` has the question refused.", examples=["evidence"]
    )
    reason: Reason | None = Field(default=None, title="Reason", description="Why it is refused.", examples=["no_match"])
    collection: CollectionName | None = Field(
        default=None, title="Collection", description="Recorded in the answer.", examples=["default"]
    )
    generation: int = Field(default=0, title="Generation", description="Recorded in the answer.", examples=[7])


class Health(BaseModel):
    """Whether the service is well."""

    status: Literal["ok"] = Field(default="ok", description="Always `ok`; trouble is a problem.", examples=["ok"])


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(description="Where it stands.", examples=["body.question"])
    message: str = Field(description="What is wrong.", examples=["Field required"])


class Problem(BaseModel):
    """Every error, as application/problem+json."""

    code: str = Field(description="Stable code to act on.", examples=["unknown"])
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened and what to do.", examples=["no document 'x'; list the documents"])
    request_id: str = Field(description="What the server's log knows this request by.", examples=["5f0c"])
    errors: list[FieldError] | None = Field(default=None, description="With `invalid_request`: one entry a field.")
    documents: list[UploadedFile] | None = Field(default=None, description="With an upload of which nothing was taken.")
