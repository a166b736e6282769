"""The chat model that needs no weights of its own: it answers with the best sentences of the passages in its prompt."""

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict

from tools.answer_kinds import kind_fit
from tools.questions import split_carried, weigh_terms
from tools.split import split_sentences
from tools.words import content_terms, covered_share, index_terms

NOT_FOUND = "NOT_FOUND"
"""What a chat model replies when the passages hold no answer."""

_PASSAGE = re.compile(
    r'<passage number="(?P<number>\d+)" document="(?P<document>[^"]*)"[^>]*?(?: heading="(?P<heading>[^"]*)")?>\n'
    r"(?P<text>.*?)\n</passage>",
    re.DOTALL,
)
_TAGGED = r"<{tag}>\n(.*?)\n</{tag}>"
_LONGEST_LABEL = 90
_WORDS = re.compile(r"\s*\S+")


@dataclass(frozen=True)
class Weights:
    """What the signs of a good answer sentence count; chosen on XQuAD and on real reports."""

    words: float = 1.0
    meaning: float = 10.0
    rank: float = 0.5
    before: float = 0.8
    kind: float = 0.6
    carried: float = 0.1
    """Words carried over from an earlier question, beside the question's own."""
    subject: float = 0.1
    """What a word counts in a sentence that already stands in the name or heading of a document."""
    runner_up_words: float = 0.35
    """And when it holds this share of the question's words that the first one holds."""
    nothing_new: float = 1.0
    """Taken off a sentence that only repeats the question's words, as headings do."""
    runner_up: float = 0.7
    """A second sentence is given when it reaches this share of the first one's score."""
    compared: int = 12
    """How many sentences, best by words first, are compared by meaning: each costs about 30 ms."""
    evidence_words: float = 6.9
    evidence_meaning: float = 42.5
    evidence_least: float = 37.9
    """Evidence is `evidence_words * coverage + evidence_meaning * similarity`; below this there is no answer."""
    least_coverage: float = 0.4
    """The same without embeddings: the share of the question's words that a passage must hold."""


@dataclass(frozen=True)
class PromptPassage:
    """A passage of the prompt."""

    number: int
    text: str
    about: str = ""
    """Name and heading of what it stands in: not quoted, but it tells what its sentences are about."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage in the prompt."""

    passage: int
    """Number of its passage."""
    rank: int
    """Place of its passage in the prompt, from 0."""
    text: str
    terms: frozenset[str]
    content: frozenset[str]
    """Those of its terms that carry meaning."""
    before: frozenset[str]
    """Terms of what stands before it in the passage, its heading included: what the sentence may only point to."""


class ExtractiveChatModel(BaseChatModel):
    """Answers by quoting, word for word, the one or two sentences of the prompt's passages that fit the question best.

    It reads the prompt's `<passage number="…">` blocks and `<question>`, ranks their sentences by shared words, by
    meaning (when it was given embeddings) and by the rank of their passage, and replies `sentence [number]`, or
    `NOT_FOUND`. It cannot make anything up.
    """

    embeddings: Embeddings | None = None
    weights: Weights = Weights()

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @property
    def _llm_type(self) -> str:
        return "extractive"

    @property
    def model_name(self) -> str:
        """Return the name that traces know the model by."""
        return "extractive"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": "extractive"}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 # the signature is LangChain's
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_: Any,
    ) -> ChatResult:
        message = AIMessage(content=self._answer(messages), response_metadata={"model_name": "extractive"})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 # the signature is LangChain's
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 # `BaseChatModel` tells it of each word
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in _WORDS.findall(self._answer(messages)):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 # the signature is LangChain's
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 # as above
        **_: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        answer = await run_in_executor(None, self._answer, messages)
        for word in _WORDS.findall(answer):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))

    def _answer(self, messages: Sequence[BaseMessage]) -> str:
        prompt = "\n".join(message.text for message in messages)
        chosen = choose_sentences(
            _tagged(prompt, "question"), read_passages(prompt), embeddings=self.embeddings, weights=self.weights
        )
        return " ".join(f"{' '.join(sentence.text.split())} [{sentence.passage}]" for sentence in chosen) or NOT_FOUND


def read_passages(prompt: str) -> list[PromptPassage]:
    """Return the passages of a prompt in their order."""
    return [
        PromptPassage(int(match["number"]), match["text"], f"{match['document']} {match['heading'] or ''}")
        for match in _PASSAGE.finditer(prompt)
    ]


def choose_sentences(
    question: str,
    passages: Sequence[PromptPassage],
    *,
    embeddings: Embeddings | None = None,
    weights: Weights | None = None,
) -> list[Sentence]:
    """Return the one or two sentences that answer a question best, or none when nothing does.

    Args:
        question: As asked, or as `tools.questions.carry` extends it.
        passages: What to quote from, most promising first.
        embeddings: What sentences are compared by beside their words.
        weights: What each sign counts.
    """
    weights = weights or Weights()
    sentences = [sentence for rank, passage in enumerate(passages) for sentence in _sentences(rank, passage)]
    asked = _weigh_terms(question, sentences, weights)
    sought = _without_subject(asked, passages, weights)
    by_words = sorted(sentences, key=lambda sentence: -_score_words(question, sought, sentence, weights))
    compared = by_words[: weights.compared]
    similarity = _compare(question, compared, embeddings)
    if not compared or not _enough(asked, compared, similarity, passages, weights):
        return []
    scores = [
        _score_words(question, sought, sentence, weights) + weights.meaning * (similar - min(similarity))
        for sentence, similar in zip(compared, similarity, strict=True)
    ]
    return _best_two(compared, scores, sought, weights)


def _sentences(rank: int, passage: PromptPassage) -> Iterator[Sentence]:
    """Yield the sentences of a passage, and each heading or label once more together with what follows it."""
    text, spans = passage.text, split_sentences(passage.text)
    before = frozenset(index_terms(passage.about))
    for place, (start, end) in enumerate(spans):
        sentence = _read_sentence(passage, rank, text[start:end], before)
        yield sentence
        if place + 1 < len(spans) and _is_label(text[start:end]):
            yield _read_sentence(passage, rank, text[start : spans[place + 1][1]], before)
        before |= sentence.terms


def _read_sentence(passage: PromptPassage, rank: int, text: str, before: frozenset[str]) -> Sentence:
    terms, content = frozenset(index_terms(text)), frozenset(content_terms(text))
    return Sentence(passage.number, rank, text, terms, content, before)


def _is_label(sentence: str) -> bool:
    return len(sentence) <= _LONGEST_LABEL and sentence[-1] not in ".!?。！？；;"


def _weigh_terms(question: str, sentences: Sequence[Sentence], weights: Weights) -> dict[str, float]:
    """Return the question's terms, each with its rarity among the sentences."""
    counts = Counter(term for sentence in sentences for term in sentence.terms)
    return weigh_terms(
        question, lambda term: math.log(1 + len(sentences) / (1 + counts[term])), carried_share=weights.carried
    )


def _without_subject(
    asked: Mapping[str, float], passages: Sequence[PromptPassage], weights: Weights
) -> dict[str, float]:
    """Weaken the terms that name the documents themselves: they tell documents apart, not sentences."""
    subject = frozenset(index_terms(" ".join(passage.about for passage in passages)))
    return {term: weight * (weights.subject if term in subject else 1.0) for term, weight in asked.items()}


def _score_words(question: str, asked: Mapping[str, float], sentence: Sentence, weights: Weights) -> float:
    return (
        weights.words * covered_share(asked, sentence.terms)
        + weights.before * covered_share(asked, sentence.before - sentence.terms)
        + weights.rank / (1 + sentence.rank)
        + weights.kind * kind_fit(split_carried(question)[0], sentence.text)
        - (0.0 if sentence.content - asked.keys() else weights.nothing_new)
    )


def _compare(question: str, sentences: Sequence[Sentence], embeddings: Embeddings | None) -> list[float]:
    """Return the cosine between the question and each sentence; all 0 without embeddings."""
    if embeddings is None or not sentences:
        return [0.0] * len(sentences)
    own, carried = split_carried(question)
    asked = np.asarray(embeddings.embed_query(f"{own} {carried}".strip()))
    matrix = np.asarray(embeddings.embed_documents([sentence.text for sentence in sentences]))
    norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(asked)
    cosines: list[float] = (matrix @ asked / np.maximum(norms, 1e-12)).tolist()
    return cosines


def _enough(
    asked: Mapping[str, float],
    compared: Sequence[Sentence],
    similarity: Sequence[float],
    passages: Sequence[PromptPassage],
    weights: Weights,
) -> bool:
    """Tell whether the best passage says enough about the question to hold its answer."""
    numbers = {sentence.passage for sentence in compared}
    texts = (f"{passage.about} {passage.text}" for passage in passages if passage.number in numbers)
    coverage = max(covered_share(asked, frozenset(index_terms(text))) for text in texts)
    if not any(similarity):
        return coverage >= weights.least_coverage
    evidence = weights.evidence_words * coverage + weights.evidence_meaning * max(similarity)
    return evidence >= weights.evidence_least


def _best_two(
    sentences: Sequence[Sentence], scores: Sequence[float], sought: Mapping[str, float], weights: Weights
) -> list[Sentence]:
    ranked = sorted(zip(scores, sentences, strict=True), key=lambda pair: -pair[0])
    best, first = ranked[0]
    least_words = weights.runner_up_words * covered_share(sought, first.terms)
    others = [
        sentence
        for score, sentence in ranked[1:]
        if score >= weights.runner_up * best
        and covered_share(sought, sentence.terms) >= least_words
        and sentence.text.strip() != first.text.strip()
    ]
    return [first, *others[:1]]


def _tagged(prompt: str, tag: str) -> str:
    """Return what stands between a tag of the prompt, the last one when there are several."""
    found = re.findall(_TAGGED.format(tag=tag), prompt, re.DOTALL)
    return found[-1] if found else ""
