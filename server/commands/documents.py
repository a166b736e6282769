"""`pageloom documents`: list a collection, show what became of each page, take a document out."""

import argparse
import asyncio
from collections.abc import Callable

from server.bootstrap import Service, open_service
from server.commands.console import complain, write_json, write_line, write_table
from server.commands.status import Status
from server.schemas import DocumentList, DocumentObject, PageLedger, PageObject
from server.settings import load_settings
from tools.store import Document


def run(args: argparse.Namespace) -> int:
    """Run the subcommand on the store."""
    actions: dict[str, Callable[[argparse.Namespace, Service], None]] = {
        "list": _list,
        "pages": _pages,
        "delete": _delete,
    }
    asyncio.run(_with_service(args, actions[args.action]))
    return Status.DONE


async def _with_service(args: argparse.Namespace, action: Callable[[argparse.Namespace, Service], None]) -> None:
    async with open_service(load_settings()) as service:
        action(args, service)


def _list(args: argparse.Namespace, service: Service) -> None:
    collection = args.collection or service.settings.collection
    documents = service.store.documents(collection, model=service.settings.embeddings)
    if args.json:
        shown = DocumentList(documents=[DocumentObject.of(document) for document in documents])
        write_json(shown.model_dump())
    elif documents:
        write_table(("ID", "STATE", "PAGES", "UNREAD", "NAME"), [_to_row(document) for document in documents])
    else:
        complain(f"the collection {collection!r} holds no documents")


def _pages(args: argparse.Namespace, service: Service) -> None:
    pages = service.store.pages(args.id)
    if args.json:
        write_json(PageLedger(pages=[PageObject.of(page) for page in pages]).model_dump())
    else:
        rows = [(page.page, page.kind, len(page.text), page.reason) for page in pages]
        write_table(("PAGE", "KIND", "CHARACTERS", "REASON"), rows)


def _delete(args: argparse.Namespace, service: Service) -> None:
    document = service.store.document(args.id, model=service.settings.embeddings)
    if document.state in {"failed", "reading"}:
        service.store.discard(args.id)
    else:
        service.store.remove(args.id)
    if args.json:
        write_json({"deleted": {"id": document.id, "name": document.name}})
    else:
        write_line(f"deleted {document.name}")


def _to_row(document: Document) -> tuple[str, str, int, int, str]:
    return document.id, document.state, document.pages, document.page_kinds["failed"], document.name
