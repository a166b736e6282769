"""`pageloom ingest`: take files into a collection."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence

from callbacks.progress import ProgressBars
from graphs.ingest import build_ingest_graph, failed_document
from graphs.state import IngestFile, SecretContext
from server.bootstrap import open_service
from server.commands.console import complain, count, printable, read_password, to_message, write_json, write_line
from server.commands.files import FoundFile, find_files
from server.commands.status import Status, ingest_status
from server.settings import Settings, load_settings
from tools.errors import ModelCallError, SettingError
from tools.types import IngestedDocument


def run(args: argparse.Namespace) -> int:
    """Take the files in and tell what became of each."""
    found = find_files(args.paths)
    settings, context = load_settings(), SecretContext(read_password(args.password_file))
    return _finish(args, asyncio.run(_ingest(args, found, settings, context)))


def _finish(args: argparse.Namespace, outcomes: Sequence[IngestedDocument]) -> Status:
    """Print what was not printed before and say how it ended."""
    if args.json:
        write_json({"documents": outcomes})
    elif len(outcomes) > 1:
        write_line(_summary(outcomes))
    return ingest_status(outcomes)


async def _ingest(
    args: argparse.Namespace, found: Sequence[FoundFile], settings: Settings, context: SecretContext
) -> list[IngestedDocument]:
    """Print a line for each file as it is finished, and return the outcomes in the order of the paths."""
    outcomes, bars = list[IngestedDocument](), ProgressBars(sys.stderr)
    try:
        async for outcome in _outcomes(found, bars, settings, context, args.collection or settings.collection):
            outcomes.append(outcome)
            if not args.json:
                bars.write(printable(to_line(outcome)), sys.stdout)
    except (ModelCallError, SettingError) as error:
        if len(outcomes) < len(found):
            raise
        bars.close()
        complain(f"warning: {error}; the files are found by keyword, their vectors follow with the next ingest")
    finally:
        bars.close()
    return in_order(found, outcomes)


async def _outcomes(
    found: Sequence[FoundFile], bars: ProgressBars, settings: Settings, context: SecretContext, collection: str
) -> AsyncIterator[IngestedDocument]:
    for outcome in refused(found):
        yield outcome
    files = to_files(found)
    if not files:
        return
    async with open_service(settings) as service:
        graph = build_ingest_graph(service.agents.ingest)
        async for update in graph.astream(
            {"files": files, "collection": collection}, {"callbacks": [bars]}, context=context, stream_mode="updates"
        ):
            for outcome in (update.get("ingest_file") or {}).get("ingested", []):
                yield outcome


def refused(found: Sequence[FoundFile]) -> list[IngestedDocument]:
    """Return the outcomes of the paths that lead to no file that can be opened."""
    return [failed_document(_to_file(file), file.error) for file in found if file.error]


def to_files(found: Sequence[FoundFile]) -> list[IngestFile]:
    """Return the files that the ingest agent is to take."""
    return [_to_file(file) for file in found if not file.error]


def _to_file(file: FoundFile) -> IngestFile:
    return IngestFile(path=file.path, name=file.name)


def in_order(found: Sequence[FoundFile], outcomes: Sequence[IngestedDocument]) -> list[IngestedDocument]:
    """Return the outcomes in the order in which the files were given."""
    order = {file.shown: number for number, file in enumerate(found)}
    return sorted(outcomes, key=lambda outcome: order[outcome["path"]])


def to_line(outcome: IngestedDocument) -> str:
    """Say in a line what became of a file."""
    if outcome["state"] == "failed":
        quoted = repr(outcome["path"])
        return f"failed {outcome['path']}: {to_message(outcome).removeprefix(quoted).lstrip()}"
    kinds = ", ".join(f"{number} {kind}" for kind, number in outcome["page_kinds"].items() if number)
    return f"{outcome['state']} {outcome['name']}: {count(outcome['pages'], 'page')} ({kinds})"


def _summary(outcomes: Sequence[IngestedDocument]) -> str:
    states = [outcome["state"] for outcome in outcomes]
    counts = [f"{states.count(state)} {state}" for state in ("ingested", "unchanged", "failed") if state in states]
    return f"{count(len(outcomes), 'file')}: {', '.join(counts)}"
