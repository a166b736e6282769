"""How many tokens one model has used since it was built."""

import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult
from typing_extensions import TypedDict, override


class UsageTotals(TypedDict):
    """What a model has used."""

    calls: int
    input_tokens: int
    output_tokens: int


class UsageCallback(BaseCallbackHandler):
    """Adds up the tokens that one model reports, over all its calls; calls that report none count as calls only.

    Made for one model, for as long as it lives.

        for each call of the model: on_llm_end -> totals() grows
    """

    run_inline = True  # three additions; another thread would cost more

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals = UsageTotals(calls=0, input_tokens=0, output_tokens=0)

    def totals(self) -> UsageTotals:
        """Return what was used so far."""
        with self._lock:
            return self._totals.copy()

    @override
    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        reported = list(_reported(response))
        with self._lock:
            self._totals["calls"] += 1
            self._totals["input_tokens"] += sum(usage["input_tokens"] for usage in reported)
            self._totals["output_tokens"] += sum(usage["output_tokens"] for usage in reported)


def _reported(response: LLMResult) -> Iterator[UsageMetadata]:
    for generations in response.generations:
        for generation in generations:
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                usage = generation.message.usage_metadata
                if usage:
                    yield usage
