"""Does the first citation stand on the right page? Ask the questions of a corpus and print what came out.

`python -m benchmarks.questions CORPUS [--data-dir DIR]`, where CORPUS holds `pdfs/`, `questions.jsonl` and
`threads.jsonl`. All PDFs are ingested together; a data directory that has them already is used as it is. Exits with 1
when a figure is below its target.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphs.ingest import build_ingest_graph
from graphs.state import IngestFile
from server.bootstrap import Service, open_service
from server.settings import Settings
from tools.types import Answer

_SPACE = re.compile(r"[\s\u00ad]+")


@dataclass(frozen=True)
class Outcome:
    """One question and what came of it."""

    row: Mapping[str, Any]
    answer: Answer
    seconds: float

    @property
    def right_page(self) -> bool:
        """Whether the first citation is on a page where the answer stands."""
        first = next(iter(self.answer["citations"]), None)
        pages = self.row.get("pages") or [self.row["page"]]
        return first is not None and first["document"] in self.row["documents"] and first["page"] in pages

    @property
    def in_quotes(self) -> bool:
        """Whether one of the accepted answers stands in a quote."""
        quotes = [_fold(citation["quote"]) for citation in self.answer["citations"]]
        return any(_fold(accepted) in quote for accepted in self.row["answers"] for quote in quotes)


@dataclass(frozen=True)
class Figure:
    """A count with what it is out of, and the target."""

    name: str
    count: int
    total: int
    target: int

    @property
    def met(self) -> bool:
        """Whether the count reaches the target."""
        return self.count >= self.target

    def __str__(self) -> str:
        share = f"{self.count / self.total:.3f}" if self.total else "-"
        verdict = "ok" if self.met else "MISSED"
        return f"{self.name:<40} {self.count:>3} of {self.total:<3} {share}  target {self.target:>3}  {verdict}"


def main() -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    with _data_dir(arguments.data_dir) as directory:
        return asyncio.run(_measure(arguments.corpus, Settings(data_dir=directory)))


async def _measure(corpus: Path, settings: Settings) -> int:
    async with open_service(settings) as service:
        await _ingest(service, sorted((corpus / "pdfs").glob("*.pdf")))
        outcomes = [await _ask(service, row, None) for row in _rows(corpus / "questions.jsonl")]
        threads = [await _converse(service, thread) for thread in _rows(corpus / "threads.jsonl")]
    for outcome in outcomes:
        _print_unless_right(outcome)
    for thread in threads:
        for outcome in thread:
            _print_unless_right(outcome)
    figures = [*_question_figures(outcomes), *_thread_figures(threads)]
    print("\n".join(map(str, figures)))
    seconds = sorted(outcome.seconds for outcome in outcomes)
    print(f"seconds a question: median {seconds[len(seconds) // 2]:.2f}, longest {seconds[-1]:.2f}")
    return 0 if all(figure.met for figure in figures) else 1


def _question_figures(outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    answerable = [outcome for outcome in outcomes if outcome.row["answerable"]]
    absent = [outcome for outcome in outcomes if not outcome.row["answerable"]]
    easy = [outcome for outcome in answerable if outcome.row["difficulty"] == "easy"]
    yield Figure("first citation on the right page, easy", sum(o.right_page for o in easy), len(easy), 23)
    least = -(-len(answerable) * 78 // 100)
    yield Figure("first citation on the right page", sum(o.right_page for o in answerable), len(answerable), least)
    yield Figure("absent answers refused", sum(not o.answer["found"] for o in absent), len(absent), 4)
    yield Figure("answer inside the quotes", sum(o.in_quotes for o in answerable), len(answerable), 0)
    yield Figure("answerable not refused", sum(o.answer["found"] for o in answerable), len(answerable), 0)


def _thread_figures(threads: Sequence[Sequence[Outcome]]) -> Iterator[Figure]:
    first = [thread[0] for thread in threads]
    later = [outcome for thread in threads for outcome in thread[1:] if outcome.row["answerable"]]
    yield Figure("first turns from the right page", sum(o.right_page for o in first), len(first), len(first))
    yield Figure("follow-ups from the right page", sum(o.right_page for o in later), len(later), -(-len(later) // 2))


def _print_unless_right(outcome: Outcome) -> None:
    row, answer = outcome.row, outcome.answer
    right = outcome.right_page if row["answerable"] else not answer["found"]
    if right:
        return
    wanted = f"{row['documents'][0]} p. {row.get('pages') or row['page']}" if row["answerable"] else "a refusal"
    given = ", ".join(f"{c['document']} p. {c['page']}" for c in answer["citations"]) or f"refused ({answer['reason']})"
    print(f"- {row['question']}\n    wanted {wanted}, got {given}")


async def _ingest(service: Service, paths: Sequence[Path]) -> None:
    started = time.perf_counter()
    files = [IngestFile(path=str(path), name=path.name) for path in paths]
    graph = build_ingest_graph(service.agents.ingest)
    result = await graph.ainvoke({"files": files})
    failed = [document["message"] for document in result["ingested"] if document["state"] == "failed"]
    print(f"{len(files)} files taken in {time.perf_counter() - started:.0f} s; failed: {failed or 'none'}", flush=True)


async def _ask(service: Service, row: Mapping[str, Any], thread: str | None) -> Outcome:
    started = time.perf_counter()
    answer = await service.assistant.ainvoke(
        {"question": row["question"]}, {"configurable": {"thread_id": thread}} if thread else None
    )
    return Outcome(row, answer, time.perf_counter() - started)


async def _converse(service: Service, thread: Mapping[str, Any]) -> list[Outcome]:
    """Hold a conversation in a thread of its own, so that a second run does not remember the first."""
    name = f"{thread['id']}-{time.time_ns()}"
    turns = ({"documents": thread["documents"], **turn} for turn in thread["turns"])
    return [await _ask(service, turn, name) for turn in turns]


def _rows(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _fold(text: str) -> str:
    return _SPACE.sub("", text).casefold()


@contextmanager
def _data_dir(given: Path | None) -> Iterator[Path]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


if __name__ == "__main__":
    sys.exit(main())
