"""Run every check that a change must pass, in order, and stop at the first that fails.

`uv run python -m scripts.check`, on a laptop and in continuous integration alike.
"""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STEPS = (
    "ruff format --check .",
    "ruff check .",
    "lint-imports",
    "mypy",
    "pytest --cov --cov-report=term",
)


def main() -> int:
    """Run the steps in the root of the checkout; the exit status is that of the first that fails, or 0."""
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    for step in STEPS:
        print(f"$ {step}", flush=True)
        start = time.monotonic()
        status = subprocess.run(shlex.split(step), cwd=ROOT, env=os.environ | {"PATH": tools}, check=False).returncode
        print(f"  {'failed' if status else 'ok'}, {time.monotonic() - start:.0f} s", flush=True)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
