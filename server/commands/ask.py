"""`pageloom ask`: answer a question from a collection, or from files that are taken in first."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.utils import AddableDict

from callbacks.progress import ProgressBars
from graphs.state import AssistantInput, SecretContext
from server.bootstrap import open_service
from server.commands.console import complain, printable, read_password, to_message, to_ranges, write_json, write_line
from server.commands.files import FoundFile, find_files
from server.commands.ingest import in_order, refused, to_files
from server.commands.status import Status, ingest_status
from server.settings import Settings, load_settings
from tools.types import Answer, Citation, IngestedDocument

_QUOTE_SHOWN = 100


def run(args: argparse.Namespace) -> int:
    """Answer the question and print the answer: as it comes on a terminal, whole elsewhere."""
    found = find_files(args.paths)
    settings, context = load_settings(), SecretContext(read_password(args.password_file))
    return _finish(args, found, asyncio.run(_ask(args, found, settings, context)))


def _finish(args: argparse.Namespace, found: Sequence[FoundFile], whole: AddableDict) -> Status:
    """Print what was not streamed and say how it ended."""
    ingested = in_order(found, refused(found) + whole.pop("ingested", []))
    answer = cast(Answer, whole)
    status = _status(answer, ingested)
    if args.json:
        write_json(_document(answer, ingested))
    elif status is Status.FAILED:
        complain("error: none of the files can be used, so there is nothing to answer from")
    else:
        _write_answer(answer, streamed=_is_live(args))
    return status


async def _ask(
    args: argparse.Namespace, found: Sequence[FoundFile], settings: Settings, context: SecretContext
) -> AddableDict:
    """Return the answer object and, with files, what became of them as `ingested`."""
    bars = ProgressBars(sys.stderr)
    listener = _Listener(bars, live=_is_live(args), complains=not args.json)
    listener.hear(AddableDict(ingested=refused(found)))
    config = RunnableConfig(callbacks=[bars], configurable={"thread_id": args.thread} if args.thread else {})
    whole = AddableDict()
    try:
        async with open_service(settings) as service:
            stream = service.assistant.astream(_question(args, found, settings), config, context=context)
            async with aclosing(cast(AsyncGenerator[AddableDict, None], stream)) as pieces:
                async for piece in pieces:
                    listener.hear(piece)
                    whole += piece
    finally:
        listener.end()
    return whole


class _Listener:
    """Shows a person what happens while it happens: files that fail and, on a terminal, the answer's words."""

    def __init__(self, bars: ProgressBars, *, live: bool, complains: bool) -> None:
        self._bars = bars
        self._live = live
        self._complains = complains
        self._outcomes = list[IngestedDocument]()
        self._has_words = False

    def hear(self, piece: AddableDict) -> None:
        """Take in a piece of the assistant's stream."""
        for outcome in piece.get("ingested", []):
            self._bars.close()
            self._outcomes.append(outcome)
            if outcome["state"] == "failed" and self._complains:
                complain(to_message(outcome))
        if "answer" in piece and self._live and ingest_status(self._outcomes) is not Status.FAILED:
            self._bars.close()
            self._has_words = True
            sys.stdout.write(printable(piece["answer"]))
            sys.stdout.flush()

    def end(self) -> None:
        """Take the bars away and end the line of words, however the stream ended."""
        self._bars.close()
        if self._has_words:
            sys.stdout.write("\n")


def _is_live(args: argparse.Namespace) -> bool:
    return sys.stdout.isatty() and not args.json


def _question(args: argparse.Namespace, found: Sequence[FoundFile], settings: Settings) -> AssistantInput:
    question = AssistantInput(question=args.question, collection=args.collection or settings.collection)
    if files := to_files(found):
        question["files"] = files
    elif found:
        question["documents"] = []  # all paths lead nowhere: the rest of the collection was not asked about
    return question


def _status(answer: Answer, ingested: Sequence[IngestedDocument]) -> Status:
    status = ingest_status(ingested)
    return Status.NOT_FOUND if not answer["found"] and status is not Status.FAILED else status


def _document(answer: Answer, ingested: Sequence[IngestedDocument]) -> dict[str, object]:
    return {"question": answer["question"], **answer} | ({"ingested": ingested} if ingested else {})


def _write_answer(answer: Answer, *, streamed: bool) -> None:
    """Print the words, unless they were streamed, what they rest on, and what could not be read."""
    if not streamed:
        write_line(answer["answer"])
    if answer["citations"] or answer["unread_pages"]:
        write_line("")
    for citation in answer["citations"]:
        write_line(_to_line(citation))
    for unread in answer["unread_pages"]:
        write_line(f"could not be read: {unread['document']} p. {to_ranges(unread['pages'])}")


def _to_line(citation: Citation) -> str:
    quote = " ".join(citation["quote"].split())
    shown = quote if len(quote) <= _QUOTE_SHOWN else quote[: _QUOTE_SHOWN - 1].rstrip() + "…"
    status = "" if citation["status"] == "verified" else f" ({citation['status']})"
    return f'[{citation["id"]}] {citation["document"]} p. {citation["page"]} "{shown}"{status}'
