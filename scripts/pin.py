"""Write down the version of every distribution this project installs or is built with.

`python -m scripts.pin` resolves anew and writes `pyproject.toml` and `requirements.txt`; it needs `uv` and the index.
`python -m scripts.pin --check` compares the running environment with what is written; it needs neither.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOWEST_PYTHON = "3.11"
_PINS = re.compile(r"(# pins: begin\n).*?( *# pins: end)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pins, or with `--check` compare them with what is installed; 1 means that they differ."""
    parser = argparse.ArgumentParser(prog="python -m scripts.pin", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the running environment, write nothing")
    if parser.parse_args(arguments).check:
        strays = unpinned_distributions(ROOT / "pyproject.toml")
        print("\n".join(strays) or "every installed distribution is pinned")
        return 1 if strays else 0
    write_pins(ROOT)
    return 0


def write_pins(root: Path) -> None:
    """Resolve for every supported Python and platform, and rewrite the pins and `requirements.txt` under `root`."""
    project = root / "pyproject.toml"
    unpinned = with_pins(project.read_text(encoding="utf-8"), [], [])
    settings = tomllib.loads(unpinned)
    groups = [f"--group={name}" for name in settings["dependency-groups"]]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "pyproject.toml")
        copy.write_text(unpinned, encoding="utf-8")
        build = _resolve(Path(folder), "-", stdin="\n".join(settings["build-system"]["requires"]))
        install = _resolve(Path(folder), "--all-extras", *groups, "pyproject.toml")
        pinned = with_pins(unpinned, install, build)
        copy.write_text(pinned, encoding="utf-8")
        runtime = _resolve(Path(folder), "--generate-hashes", "pyproject.toml")
    project.write_text(pinned, encoding="utf-8")
    head = "# Runtime dependencies with hashes, for images: pip install --require-hashes -r requirements.txt"
    (root / "requirements.txt").write_text("\n".join([head, *runtime]) + "\n", encoding="utf-8")


def with_pins(pyproject: str, install: Iterable[str], build: Iterable[str]) -> str:
    """Return the text of `pyproject` with the two stretches between its pin markers replaced, in their order.

    Pins made by hand stand outside the markers and stay.

    Raises:
        ValueError: The text does not hold exactly two pairs of markers.
    """
    blocks = ["".join(f'    "{pin}",\n' for pin in pins) for pins in (install, build)]
    if len(_PINS.findall(pyproject)) != len(blocks):
        message = "pyproject.toml must hold two pairs of '# pins: begin' and '# pins: end'"
        raise ValueError(message)
    rest = iter(blocks)
    return _PINS.sub(lambda found: found[1] + next(rest) + found[2], pyproject)


def unpinned_distributions(project: Path) -> list[str]:
    """Name each distribution of the running environment whose version is not the one pinned in `project`, and why."""
    settings = tomllib.loads(project.read_text(encoding="utf-8"))
    own = canonicalize_name(settings["project"]["name"])
    pins = [Requirement(line) for line in settings["tool"]["uv"]["constraint-dependencies"]]
    wanted = {
        canonicalize_name(pin.name): str(pin.specifier) for pin in pins if not pin.marker or pin.marker.evaluate()
    }
    found = {canonicalize_name(one.metadata["Name"]): f"=={one.version}" for one in distributions()}
    return [
        f"{name}{version} is installed, but {wanted.get(name, 'nothing')} is pinned"
        for name, version in sorted(found.items())
        if name != own and wanted.get(name) != version
    ]


def _resolve(folder: Path, *what: str, stdin: str = "") -> list[str]:
    quiet = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url"]
    command = ["uv", "pip", "compile", *quiet, "--universal", "--python-version", LOWEST_PYTHON, *what]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv could not resolve the dependencies:\n{done.stderr}")
    return [line for line in done.stdout.splitlines() if line]


if __name__ == "__main__":
    sys.exit(main())
