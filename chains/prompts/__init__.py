"""Prompts as versioned files: `<name>.v<number>.txt`, with a `[system]` and a `[human]` part."""

import re
from functools import cache
from importlib import resources

from langchain_core.prompts import ChatPromptTemplate

from tools.errors import SettingError

_FILE = re.compile(r"(?P<name>[a-z_]+)\.v(?P<version>\d+)\.txt")
_PART = re.compile(r"^\[(system|human)\]\n", re.MULTILINE)


def prompt_versions(name: str) -> list[int]:
    """Return the versions there are of a prompt, in order."""
    matches = (_FILE.fullmatch(entry.name) for entry in resources.files(__name__).iterdir())
    return sorted(int(match["version"]) for match in matches if match and match["name"] == name)


@cache
def load_prompt(name: str, version: int) -> ChatPromptTemplate:
    """Read one version of a prompt.

    Raises:
        SettingError: There is no such version.
    """
    versions = prompt_versions(name)
    if version not in versions:
        msg = f"there is no version {version} of the {name!r} prompt; accepted: {versions}"
        raise SettingError(msg)
    script = resources.files(__name__).joinpath(f"{name}.v{version}.txt").read_text(encoding="utf-8")
    _, *parts = _PART.split(script)
    return ChatPromptTemplate.from_messages(
        [(role, text.strip()) for role, text in zip(parts[::2], parts[1::2], strict=True)]
    )
