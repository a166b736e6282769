"""The answer chain: prompt, model, parser, and the numbering of citations while the words still come."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnableParallel
from langchain_core.runnables.utils import AddableDict
from typing_extensions import TypedDict

from chains.passages import defuse, format_history, format_passages
from chains.prompts import load_prompt
from tools.extractive import NOT_FOUND
from tools.types import Passage, Turn

UNKNOWN_MARK = "[?]"
"""Stands where the model cited a passage that it was not given."""

_MARK = re.compile(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_MARK_BEGUN = re.compile(r"\[[\s\d,;]*$")


class AnswerRequest(TypedDict):
    """What the answer chain needs."""

    question: str
    passages: list[Passage]
    turns: list[Turn]


class AnswerDraft(TypedDict):
    """An answer whose citations are numbered but not yet proven."""

    answer: str
    """Text with the marks `[1]`, `[2]`, … in order; empty when the model found no answer."""
    cited: list[int]
    """For each mark, in order, the number of the passage it stands for, counted from 1."""


def build_answer_chain(
    model: Runnable[LanguageModelInput, BaseMessage], *, prompt_version: int = 1
) -> Runnable[AnswerRequest, Any]:
    """Build the pipe from a question with its passages to a draft.

    Streamed, it yields `{"answer": "…"}` pieces as the model writes and `{"cited": […]}` at the end; they add up to
    an `AnswerDraft`.
    """
    write = (
        RunnableLambda(_prompt_variables).with_config(run_name="fence_passages")
        | load_prompt("answer", prompt_version)
        | model
        | StrOutputParser()
    )
    return RunnableParallel(text=write, passages=RunnableLambda(_count_passages)) | RunnableGenerator(
        _number_citations, _anumber_citations
    ).with_config(run_name="number_citations")


class CitationNumberer:
    """Turns a model's passage numbers into citation numbers while its text streams by.

    Each mark becomes a citation of its own, numbered from 1 in order of appearance; `[2, 5]` becomes two. A number
    that no passage has becomes `[?]`. A reply that begins with `NOT_FOUND` yields no text at all.
    """

    def __init__(self) -> None:
        self.cited: list[int] = []
        self._passages: int | None = None
        self._held = ""
        self._started = False

    def feed(self, piece: dict[str, Any]) -> str:
        """Take the next piece, `{"text": …}` or `{"passages": …}`, and return what may be shown by now."""
        self._passages = piece.get("passages", self._passages)
        self._held += piece.get("text", "")
        if self._passages is None or self._maybe_not_found():
            return ""
        self._started = True
        begun = _MARK_BEGUN.search(self._held)
        end = begun.start() if begun else len(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        return self._renumber(ready)

    def close(self) -> str:
        """Return what was held back, once the model has ended."""
        if not self._started and self._held.lstrip().startswith(NOT_FOUND):
            return ""
        return self._renumber(self._held)

    def _maybe_not_found(self) -> bool:
        begun = self._held.lstrip()
        return not self._started and (begun.startswith(NOT_FOUND) or NOT_FOUND.startswith(begun))

    def _renumber(self, text: str) -> str:
        return _MARK.sub(lambda mark: "".join(self._mark(int(number)) for number in re.findall(r"\d+", mark[1])), text)

    def _mark(self, number: int) -> str:
        if not 1 <= number <= (self._passages or 0):
            return UNKNOWN_MARK
        self.cited.append(number)
        return f"[{len(self.cited)}]"


def split_claims(answer: str) -> list[str]:
    """Return, for each citation mark of an answer in order, the words it stands behind.

    Marks that follow each other stand behind the same words. Other numbers in brackets, such as a year, are words.
    """
    claims: list[str] = []
    claim, end = "", 0
    for mark in re.finditer(r"\[(\d+)\]", answer):
        if mark[1] != str(len(claims) + 1):
            continue
        words = answer[end : mark.start()].replace(UNKNOWN_MARK, "").strip()
        claim, end = (words or claim), mark.end()
        claims.append(claim.lstrip(".。,，;；:： "))
    return claims


def _prompt_variables(request: AnswerRequest) -> dict[str, Any]:
    return {
        "passages": format_passages(request["passages"]),
        "history": format_history(request["turns"]),
        "question": defuse(request["question"]),
    }


def _count_passages(request: AnswerRequest) -> int:
    return len(request["passages"])


def _number_citations(pieces: Iterator[dict[str, Any]]) -> Iterator[AddableDict]:
    numberer = CitationNumberer()
    for piece in pieces:
        yield from _shown(numberer.feed(piece))
    yield AddableDict(answer=numberer.close())
    yield AddableDict(cited=numberer.cited)


async def _anumber_citations(pieces: AsyncIterator[dict[str, Any]]) -> AsyncIterator[AddableDict]:
    numberer = CitationNumberer()
    async for piece in pieces:
        for shown in _shown(numberer.feed(piece)):
            yield shown
    yield AddableDict(answer=numberer.close())
    yield AddableDict(cited=numberer.cited)


def _shown(text: str) -> Iterator[AddableDict]:
    if text:
        yield AddableDict(answer=text)
