import io
import uuid
from typing import Any

import pytest
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.runnables import RunnableLambda
from typing_extensions import override

from callbacks.progress import ProgressBars
from graphs.ingest import PROGRESS


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    @override
    def isatty(self) -> bool:
        return True


def _tell(bars: ProgressBars, data: Any, name: str = PROGRESS) -> None:
    bars.on_custom_event(name, data, run_id=uuid.uuid4())


def test_draws_pages_of_a_document() -> None:
    """A document's bar shows its name and how many of its pages are done."""
    stream = Terminal()
    bars = ProgressBars(stream)

    _tell(bars, {"step": "pages", "document": "report.pdf", "done": 3, "total": 12})
    bars.close()

    assert "report.pdf:  25%" in stream.getvalue()
    assert "3/12" in stream.getvalue()


def test_draws_vectors() -> None:
    """Vectors have one bar, whatever documents they belong to; it goes when it is full."""
    stream = Terminal()
    bars = ProgressBars(stream)

    _tell(bars, {"step": "vectors", "done": 8, "total": 16})
    _tell(bars, {"step": "vectors", "done": 16, "total": 16})

    assert "vectors:  50%" in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_draws_nothing_for_work_of_one_step() -> None:
    """Work that is done with its first event gets no bar."""
    stream = Terminal()

    _tell(ProgressBars(stream), {"step": "pages", "document": "a.pdf", "done": 1, "total": 1})

    assert stream.getvalue() == ""


def test_shortens_long_names() -> None:
    """Of a long name the end is shown, which tells more."""
    stream = Terminal()
    bars = ProgressBars(stream)

    _tell(bars, {"step": "pages", "document": "x" * 100 + "/end.pdf", "done": 1, "total": 2})
    bars.close()

    assert "…xxx" in stream.getvalue()
    assert "/end.pdf:" in stream.getvalue()


def test_is_quiet_when_piped() -> None:
    """Without a terminal nothing is drawn, and lines are written plainly."""
    stream, out = io.StringIO(), io.StringIO()
    bars = ProgressBars(stream)

    _tell(bars, {"step": "vectors", "done": 1, "total": 2})
    bars.write("line", out)
    bars.close()

    assert (stream.getvalue(), out.getvalue()) == ("", "line\n")


def test_writes_lines_above_the_bars() -> None:
    """A line is written whole while a bar is drawn."""
    stream, out = Terminal(), Terminal()
    bars = ProgressBars(stream)

    _tell(bars, {"step": "vectors", "done": 1, "total": 2})
    bars.write("line", out)
    bars.close()

    assert out.getvalue() == "line\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("other", {"step": "vectors", "done": 1, "total": 2}, id="other event"),
        pytest.param(PROGRESS, None, id="no data"),
        pytest.param(PROGRESS, {"step": "pages", "done": 1, "total": 2}, id="no document"),
        pytest.param(PROGRESS, {"step": "vectors", "done": "many", "total": 2}, id="no number"),
    ],
)
def test_ignores_what_it_does_not_know(name: str, data: Any) -> None:
    """Events of other names and shapes draw nothing and raise nothing."""
    stream = Terminal()

    _tell(ProgressBars(stream), data, name)

    assert stream.getvalue() == ""


def test_survives_a_terminal_that_goes_away() -> None:
    """A stream that is closed under it stops the drawing, not the run."""
    stream = Terminal()
    bars = ProgressBars(stream)
    stream.close()

    _tell(bars, {"step": "vectors", "done": 1, "total": 4})
    _tell(bars, {"step": "vectors", "done": 2, "total": 4})
    bars.close()

    assert stream.closed


async def test_hears_asynchronous_runs() -> None:
    """As a request callback it hears the events of nodes that run asynchronously."""
    stream = Terminal()

    async def work(_: str) -> None:
        await adispatch_custom_event(PROGRESS, {"step": "vectors", "done": 1, "total": 4})

    await RunnableLambda(work).ainvoke("", {"callbacks": [bars := ProgressBars(stream)]})
    bars.close()

    assert "1/4" in stream.getvalue()


def test_hears_synchronous_runs() -> None:
    """As a request callback it hears the events of nodes that run synchronously."""
    stream = Terminal()

    def work(_: str) -> None:
        dispatch_custom_event(PROGRESS, {"step": "vectors", "done": 1, "total": 4})

    RunnableLambda(work).invoke("", {"callbacks": [bars := ProgressBars(stream)]})
    bars.close()

    assert "1/4" in stream.getvalue()
