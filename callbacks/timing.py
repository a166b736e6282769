"""How long the nodes of one call took."""

import threading
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from typing_extensions import override

Timings = Mapping[str, float]


class TimingCallback(BaseCallbackHandler):
    """Adds up the seconds of each graph node during one call and hands them over when the call ends.

    Made for one request. Nodes that run several times, or side by side, are added up.

        call begins
            for each node: on_chain_start, then on_chain_end or on_chain_error
        on_chain_end or on_chain_error of the call itself -> sink({"retrieve": 0.02, …})
    """

    run_inline = True  # a clock is read; another thread would only add its own delay

    def __init__(self, sink: Callable[[Timings], None], *, clock: Callable[[], float] = perf_counter) -> None:
        self._sink = sink
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[UUID, tuple[str, float]] = {}
        self._seconds: dict[str, float] = {}

    @override
    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        node = (metadata or {}).get("langgraph_node", "")
        if node == kwargs.get("name") and not node.startswith("__"):
            with self._lock:
                self._begun[run_id] = (node, self._clock())

    @override
    def on_chain_end(self, outputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        self._end(run_id, parent_run_id)

    @override
    def on_chain_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        self._end(run_id, parent_run_id)

    def _end(self, run_id: UUID, parent_run_id: UUID | None) -> None:
        with self._lock:
            if run_id in self._begun:
                name, began = self._begun.pop(run_id)
                self._seconds[name] = self._seconds.get(name, 0.0) + self._clock() - began
            seconds = dict(self._seconds)
        if parent_run_id is None:
            self._sink(seconds)
