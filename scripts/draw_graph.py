"""Draw the assistant's graph into README.md, from the graph itself. `python -m scripts.draw_graph`."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from server.bootstrap import open_service
from server.settings import Settings

ROOT = Path(__file__).parents[1]
_DRAWING = re.compile(r"(?<=<!-- graph -->\n).*?(?=<!-- /graph -->)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def main() -> int:
    """Write the drawing between the marks in the README."""
    readme = ROOT / "README.md"
    readme.write_text(put_drawing(readme.read_text(encoding="utf-8"), asyncio.run(draw_graph())), encoding="utf-8")
    print("README.md drawn")
    return 0


def put_drawing(readme: str, drawing: str) -> str:
    """Return the README with its drawing replaced."""
    return _DRAWING.sub(lambda _: f"```mermaid\n{drawing}\n```\n", readme)


async def draw_graph() -> str:
    """Return the parent graph with its agents opened up, as Mermaid text."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_service(Settings(data_dir=Path(directory))) as service:
            drawn = await asyncio.to_thread(service.assistant.graph.get_graph, xray=2)
    return _FRONT_MATTER.sub("", drawn.draw_mermaid()).strip().replace("\t", "    ")


if __name__ == "__main__":
    sys.exit(main())
