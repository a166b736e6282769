"""`pageloom documents`: list a collection, show what became of each page, take a document out."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from server.bootstrap import Service, open_service
from server.commands.console import complain, write_json, write_line, write_table
from server.commands.status import Status
from server.settings import load_settings
from tools.types import PageRecord


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
        write_json({"documents": [asdict(document) for document in documents]})
    elif documents:
        rows = [(document.id, document.state, document.pages, document.name) for document in documents]
        write_table(("ID", "STATE", "PAGES", "NAME"), rows)
    else:
        complain(f"the collection {collection!r} holds no documents")


def _pages(args: argparse.Namespace, service: Service) -> None:
    pages = service.store.pages(args.id)
    if args.json:
        write_json({"pages": [_to_ledger(page) for page in pages]})
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


def _to_ledger(page: PageRecord) -> dict[str, Any]:
    return {
        "page": page.page,
        "kind": page.kind,
        "reason": page.reason,
        "characters": len(page.text),
        "language": page.language,
        "confidence": page.confidence,
        "seconds": page.seconds,
        "width": page.width,
        "height": page.height,
        "figures": dict(page.figures),
    }
