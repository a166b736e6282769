import json
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver

import server.langgraph

ROOT = Path(__file__).parents[2]


async def test_the_platform_gets_the_parent_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph answers, and remembers with whatever checkpointer the platform brings."""
    monkeypatch.setenv("PAGELOOM_DATA_DIR", str(tmp_path))
    async with server.langgraph.assistant() as graph:
        before = graph.checkpointer
        graph.checkpointer = InMemorySaver()
        state = await graph.ainvoke({"question": "?"}, {"configurable": {"thread_id": "t"}})

    assert before is None
    assert state["answer"]["reason"] == "empty_collection"
    assert len(state["turns"]) == 1


def test_langgraph_json_names_it() -> None:
    """The file that `langgraph dev` reads leads to the factory."""
    path, name = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["assistant"].split(":")

    assert (ROOT / path).samefile(server.langgraph.__file__)
    assert hasattr(server.langgraph, name)
