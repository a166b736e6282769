from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from graphs.state import RetrievalOutput
from server import schemas
from tools import types


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        (schemas.AnswerObject, types.Answer),
        (schemas.CitationObject, types.Citation),
        (schemas.NearestPageObject, types.NearestPage),
        (schemas.UnreadPagesObject, types.UnreadPages),
        (schemas.UsageObject, types.Usage),
        (schemas.TurnObject, types.Turn),
        (schemas.PassageObject, types.Passage),
        (schemas.RetrievalObject, RetrievalOutput),
    ],
    ids=lambda value: value.__name__,
)
def test_what_is_described_is_what_is_sent(shown: type[BaseModel], meant: Any) -> None:
    """Each object that OpenAPI describes has the fields of the one that the graphs make."""
    assert shown.model_fields.keys() == get_type_hints(meant).keys()


@pytest.mark.parametrize("body", [schemas.Question, schemas.IngestBody, schemas.AnswerBody])
def test_null_is_named_among_a_fields_types(body: type[BaseModel]) -> None:
    """LangServe's playground stays blank when one alternative of a field is null alone."""
    fields = body.model_json_schema()["properties"]

    assert [name for name, field in fields.items() if "anyOf" in field] == []
    assert fields["collection"]["type"] == ["string", "null"]
    assert all(None in field["enum"] for field in fields.values() if "enum" in field and "null" in field["type"])


def _models() -> list[type[BaseModel]]:
    values = vars(schemas).values()
    return [value for value in values if isinstance(value, type) and issubclass(value, BaseModel)]


@pytest.mark.parametrize("model", _models(), ids=lambda value: value.__name__)
def test_every_field_says_what_it_means(model: type[BaseModel]) -> None:
    """No field is left to guessing."""
    silent = [name for name, field in model.model_fields.items() if not field.description and not _is_object(field)]

    assert silent == []


def _is_object(field: Any) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
