"""Write `.env.example` from the settings, each with its description and default. `python -m scripts.env_example`."""

import sys
from pathlib import Path

from pydantic import SecretStr

from server.settings import Settings

ROOT = Path(__file__).parents[1]
HEAD = (
    "# Every setting with its default. Copy to `.env` and keep the lines you change, or set them in the environment.\n"
)


def main() -> int:
    """Write the file into the root of the checkout."""
    (ROOT / ".env.example").write_text(make_env_example(), encoding="utf-8")
    print(".env.example written")
    return 0


def make_env_example() -> str:
    """Return the text of `.env.example`, in the order of the settings."""
    prefix = Settings.model_config["env_prefix"]
    entries = [
        f"\n# {field.description}\n{prefix}{name.upper()}={_written(field.default)}\n"
        for name, field in Settings.model_fields.items()
    ]
    return "".join([HEAD, *entries])


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
