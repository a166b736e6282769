from importlib.metadata import version
from pathlib import Path

import pytest

from scripts.pin import unpinned_distributions, with_pins

PROJECT = """\
[project]
name = "pageloom"

[tool.uv]
constraint-dependencies = [
    "kept-by-hand==1", # with its reason
    # pins: begin
    "old==1",
    # pins: end
]
build-constraint-dependencies = [
    # pins: begin
    # pins: end
]
"""


def test_pins_replace_what_stands_between_the_markers() -> None:
    """New pins take the place of the old ones; a pin made by hand stays."""
    written = with_pins(PROJECT, ["new==2", "other==3 ; python_version < '3.12'"], ["tool==4"])

    assert '"kept-by-hand==1"' in written
    assert '"old==1"' not in written
    assert '    "new==2",\n    "other==3 ; python_version < \'3.12\'",\n    # pins: end' in written
    assert '    # pins: begin\n    "tool==4",\n    # pins: end' in written


def test_pins_can_be_written_again_and_again() -> None:
    """Writing the same pins twice changes nothing."""
    once = with_pins(PROJECT, ["new==2"], ["tool==4"])

    assert with_pins(once, ["new==2"], ["tool==4"]) == once


def test_missing_markers_are_refused() -> None:
    """A pyproject.toml without both pairs of markers is not touched."""
    with pytest.raises(ValueError, match="two pairs"):
        with_pins("[project]\n", [], [])


@pytest.mark.parametrize(
    ("pin", "complaint"),
    [
        pytest.param("pytest==0.1", "but ==0.1 is pinned", id="another version"),
        pytest.param("something-else==1", "but nothing is pinned", id="no pin"),
        pytest.param(f"pytest=={version('pytest')} ; python_version < '3'", "but nothing is pinned", id="other Python"),
    ],
)
def test_an_unpinned_distribution_is_named(tmp_path: Path, pin: str, complaint: str) -> None:
    """An installed distribution that is pinned to another version, or not at all, is named with the reason."""
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT.replace("old==1", pin))

    found = [line for line in unpinned_distributions(project) if line.startswith("pytest==")]

    assert found == [f"pytest=={version('pytest')} is installed, {complaint}"]
