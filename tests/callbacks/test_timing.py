from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from callbacks.timing import TimingCallback, Timings


class State(TypedDict):
    """What the graph of these tests passes on."""

    fail: bool


def test_the_seconds_of_each_node_are_handed_over_at_the_end() -> None:
    """Steps inside a node and the graph itself are not told apart from nodes by mistake."""
    told: list[Timings] = []
    timing = TimingCallback(told.append, clock=_Clock())

    _graph().invoke({"fail": False}, {"callbacks": [timing]})

    assert told == [{"first": 1.0, "second": 1.0}]


def test_a_failing_call_is_timed_up_to_its_error() -> None:
    """The node that failed has its seconds, too."""
    told: list[Timings] = []
    timing = TimingCallback(told.append, clock=_Clock())

    with pytest.raises(ZeroDivisionError):
        _graph().invoke({"fail": True}, {"callbacks": [timing]})

    assert told == [{"first": 1.0, "second": 1.0}]


class _Clock:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self._seconds: Iterator[int] = iter(range(1000))

    def __call__(self) -> float:
        return float(next(self._seconds))


def _graph() -> Any:
    graph = StateGraph(State)
    graph.add_node("first", _first)
    graph.add_node("second", _second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", END)
    return graph.compile()


def _first(state: State) -> dict[str, Any]:
    inner: RunnableLambda[State, dict[str, Any]] = RunnableLambda(lambda _: {})
    return inner.invoke(state)


def _second(state: State) -> dict[str, Any]:
    if state["fail"]:
        raise ZeroDivisionError
    return {}
