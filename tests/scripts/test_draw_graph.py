from scripts.draw_graph import ROOT, draw_graph, put_drawing


async def test_the_readme_shows_the_graph_that_runs() -> None:
    """The drawing in the README is what the graph draws of itself."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert readme == put_drawing(readme, await draw_graph())
    assert "```mermaid" in readme


def test_only_the_drawing_is_replaced() -> None:
    """What stands around the marks stays, and drawing twice changes nothing."""
    readme = "before\n<!-- graph -->\nold\n<!-- /graph -->\nafter\n"

    drawn = put_drawing(readme, "graph TD;")

    assert drawn == "before\n<!-- graph -->\n```mermaid\ngraph TD;\n```\n<!-- /graph -->\nafter\n"
    assert put_drawing(drawn, "graph TD;") == drawn
