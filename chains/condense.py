"""Make a follow-up question stand by itself: with a chat model, or by rule when there is none to ask."""

import re

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda, RunnableParallel
from typing_extensions import TypedDict

from chains.passages import defuse, format_history
from chains.prompts import load_prompt
from tools.questions import carry
from tools.types import Turn
from tools.words import content_terms

_POINTS_BACK = re.compile(
    r"^\s*(?:and|but|so|or|then|also|et|mais|und|aber|oder)\b"
    r"|\b(?:it|its|that|this|those|these|there|he|him|his|she|her|hers|they|them|their|theirs|such|same|one|ones|former|"
    r"latter|second|other)\b"
    r"|\b(?:il|elle|ils|elles|lui|leur|leurs|son|sa|ses|ce|cet|cette|ces|y|en|celui|celle|ceux)\b"
    r"|\b(?:er|sie|es|ihm|ihr|ihnen|sein|seine|dieser|diese|dieses|dort|davon|dabei|dessen|deren)\b"
    r"|^(?:那么|那|而|还有|另外|此外)|呢|它|他|她|其|这|该|上述",
    re.IGNORECASE,
)
_FEW_TERMS = 3
"""A question with no more content words than this leans on what was said before."""


class CondenseRequest(TypedDict):
    """A question and what was said before it, oldest first."""

    question: str
    turns: list[Turn]


def build_condense_chain(
    model: Runnable[LanguageModelInput, BaseMessage], *, prompt_version: int = 1
) -> Runnable[CondenseRequest, str]:
    """Build the pipe that has a chat model rewrite a follow-up as a question that stands by itself.

    A model that replies nothing leaves the question as it was asked.
    """
    rewrite = (
        RunnableLambda(_prompt_variables).with_config(run_name="fence_history")
        | load_prompt("condense", prompt_version)
        | model
        | StrOutputParser()
    )
    return RunnableParallel(asked=RunnableLambda(_asked), rewritten=rewrite) | RunnableLambda(_rewritten).with_config(
        run_name="rewritten_or_asked"
    )


def build_condense_rule() -> Runnable[CondenseRequest, str]:
    """Build the pipe that does the same by rule: a question that points back is given the earlier question's words."""
    return RunnableLambda(condense_by_rule).with_config(run_name="condense_by_rule")


def condense_by_rule(request: CondenseRequest) -> str:
    """Return the question, followed by the last question that stood by itself when it points back to it."""
    turns = request["turns"]
    if not turns or not leans_on_history(request["question"]):
        return request["question"]
    return carry(request["question"], turns[-1]["standalone_question"])


def leans_on_history(question: str) -> bool:
    """Tell whether a question can hardly be understood without the one before it."""
    return len(content_terms(question)) <= _FEW_TERMS or _POINTS_BACK.search(question) is not None


def _prompt_variables(request: CondenseRequest) -> dict[str, str]:
    return {"history": format_history(request["turns"]), "question": defuse(request["question"])}


def _asked(request: CondenseRequest) -> str:
    return request["question"]


def _rewritten(questions: dict[str, str]) -> str:
    return questions["rewritten"].strip() or questions["asked"]
