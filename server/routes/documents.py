"""Documents: upload, list, ledger, removal."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from server.errors import error_problem, problem_response, request_id_of
from server.parts import GivenParts
from server.routes.problems import describe_problems
from server.schemas import CollectionName, DocumentList, DocumentObject, PageLedger, PageObject, UploadedFiles
from tools.errors import UnknownNameError
from tools.store import SqliteStore

_BLOCK = 1 << 20
_UNKNOWN = describe_problems(HTTPStatus.NOT_FOUND)
_REFUSED = describe_problems(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY
)


def build_router() -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/documents", tags=["documents"])
    router.post(
        "",
        status_code=HTTPStatus.ACCEPTED,
        summary="Upload PDFs",
        response_model=UploadedFiles,
        responses=_REFUSED,
    )(upload)
    router.get("", summary="List documents")(list_documents)
    router.get("/{document_id}", summary="Show a document", responses=_UNKNOWN)(show_document)
    router.get("/{document_id}/pages", summary="Show the page ledger", responses=_UNKNOWN)(show_pages)
    router.delete("/{document_id}", status_code=HTTPStatus.NO_CONTENT, summary="Remove a document", responses=_UNKNOWN)(
        remove
    )
    return router


async def upload(
    request: Request,
    parts: GivenParts,
    files: Annotated[list[UploadFile], File(description="One or more PDFs.")],
    collection: Annotated[CollectionName | None, Form()] = None,
    password: Annotated[str | None, Form(description="Opens the files that are encrypted.")] = None,
) -> Response:
    """Take PDFs in; they are read in the background, and each is searchable as soon as it has been read.

    Files that cannot be taken are entries with a code; when none can, the response is the problem of the first.
    """
    receipts = [
        await parts.intake.take(
            _blocks(file), name=file.filename or "", collection=collection, password=password or None
        )
        for file in files
    ]
    shown = UploadedFiles.of(receipts).model_dump()
    errors = [receipt.error for receipt in receipts if receipt.error]
    if len(errors) == len(receipts):
        return problem_response({**error_problem(errors[0], request_id_of(request)), **shown})
    return JSONResponse(shown, HTTPStatus.ACCEPTED)


async def list_documents(
    parts: GivenParts, collection: Annotated[CollectionName | None, Query()] = None
) -> DocumentList:
    """List a collection's documents, those being read and those that failed included."""
    service = parts.service
    found = await asyncio.to_thread(
        service.store.documents, collection or service.settings.collection, model=service.settings.embeddings
    )
    return DocumentList(documents=[DocumentObject.of(document) for document in found])


async def show_document(parts: GivenParts, document_id: str) -> DocumentObject:
    """Show how far a document is."""
    service = parts.service
    return DocumentObject.of(
        await asyncio.to_thread(service.store.document, document_id, model=service.settings.embeddings)
    )


async def show_pages(parts: GivenParts, document_id: str) -> PageLedger:
    """Show what became of each page, and why."""
    await show_document(parts, document_id)  # 404 for one that was removed, whose ledger older generations keep
    records = await asyncio.to_thread(parts.service.store.pages, document_id)
    return PageLedger(pages=[PageObject.of(record) for record in records])


async def remove(parts: GivenParts, document_id: str) -> Response:
    """Take a document out of its collection; one that failed or is still being read is forgotten."""
    await parts.jobs.cancel(document_id)
    await asyncio.to_thread(_remove, parts.service.store, document_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _remove(store: SqliteStore, document_id: str) -> None:
    """Try in this order: a job that was cancelled may still publish the document, but nothing unpublishes it."""
    try:
        store.discard(document_id)
    except UnknownNameError:
        store.remove(document_id)


async def _blocks(file: UploadFile) -> AsyncIterator[bytes]:
    while block := await file.read(_BLOCK):
        yield block
