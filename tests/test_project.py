"""What the files around the code promise, compared with what is so."""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from scripts.pin import unpinned_distributions

ROOT = Path(__file__).parents[1]
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
"""Taken apart, so that this file does not hold them either."""


def test_changelog_begins_with_the_version_of_the_project() -> None:
    """The newest heading of the changelog names the version in pyproject.toml."""
    newest = re.search(r"^## \[(.+?)\]", _read("CHANGELOG.md"), re.MULTILINE)

    assert newest is not None
    assert newest[1] == _settings()["project"]["version"]


def test_no_tracked_file_names_a_registry() -> None:
    """No file under version control holds the address of a package registry."""
    named = [
        (path, registry)
        for path in _tracked_files()
        for registry in REGISTRIES
        if registry.encode() in (ROOT / path).read_bytes()
    ]

    assert named == []


def test_every_installed_distribution_is_pinned() -> None:
    """What is installed here is what pyproject.toml pins, transitive dependencies included."""
    assert unpinned_distributions(ROOT / "pyproject.toml") == []


def test_requirements_hold_the_pinned_versions_with_hashes() -> None:
    """Each line of requirements.txt has a hash and a version that pyproject.toml pins too."""
    entries = re.split(r"\n(?=\S)", _read("requirements.txt").strip())[1:]
    required = [re.split(r"[\s;]", entry, maxsplit=1)[0] for entry in entries]
    pinned = {re.split(r"[\s;]", pin, maxsplit=1)[0] for pin in _settings()["tool"]["uv"]["constraint-dependencies"]}

    assert set(required) <= pinned
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_requirements_hold_every_direct_dependency() -> None:
    """An image that installs requirements.txt has all that the project asks for."""
    listed = set(re.findall(r"^([\w.-]+)==", _read("requirements.txt"), re.MULTILINE))

    assert {Requirement(one).name for one in _settings()["project"]["dependencies"]} <= listed


def test_each_direct_dependency_has_its_reason() -> None:
    """docs/dependencies.md has a line for each direct dependency, extra and development tool, and for nothing else."""
    settings = _settings()
    groups = [
        settings["project"]["dependencies"],
        *settings["project"]["optional-dependencies"].values(),
        *settings["dependency-groups"].values(),
    ]
    direct = {Requirement(one).name for group in groups for one in group}
    first_columns = re.findall(r"^\| ([\w-]+) \|", _read("docs/dependencies.md"), re.MULTILINE)

    assert set(first_columns) - {"package"} == direct


def test_the_readmes_first_command_names_a_file_that_exists() -> None:
    """A fresh checkout has the PDF that the first command asks about, and the answer shown cites it."""
    command, answer = _blocks("README.md")[:2]
    paths = [word for word in shlex.split(command) if word.endswith(".pdf")]

    assert paths
    assert all((ROOT / path).is_file() for path in paths)
    assert all(f"{Path(path).name} p. " in answer for path in paths)


def test_the_readmes_test_command_is_what_ci_runs() -> None:
    """The second command of the README is the last of `.ci/run`, which only keeps its standard input from it."""
    last = _read(".ci/run").splitlines()[-1]

    assert last.removesuffix(" </dev/null") == _blocks("README.md")[2]
    assert last.removesuffix(" </dev/null") in _blocks("CONTRIBUTING.md")[0].splitlines()


def test_what_contributing_quotes_is_there() -> None:
    """The good function and the good test stand, word for word, in the files that CONTRIBUTING.md names."""
    quoted = re.findall(r"From `(\S+)`:\n\n```python\n(.*?)\n```", _read("CONTRIBUTING.md"), re.DOTALL)

    assert len(quoted) == 2
    assert all(code in _read(path) for path, code in quoted)


def test_decisions_are_numbered_without_gaps() -> None:
    """The files of docs/decisions are numbered from 1, and each begins with its number."""
    decisions = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    assert all(path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. ") for path in decisions)


def test_hooks_are_local() -> None:
    """The pre-commit hooks fetch nothing."""
    assert set(re.findall(r"repo: (\S+)", _read(".pre-commit-config.yaml"))) == {"local"}


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _blocks(path: str) -> list[str]:
    """Return the code blocks of a document in their order."""
    return re.findall(r"^```\w+\n(.*?)\n```$", _read(path), re.DOTALL | re.MULTILINE)


def _settings() -> dict[str, Any]:
    return tomllib.loads(_read("pyproject.toml"))


def _tracked_files() -> list[str]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs the checkout and git")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 (fixed command)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
