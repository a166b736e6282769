"""How the routes say in OpenAPI which problems they answer with."""

from http import HTTPStatus
from typing import Any

from server.errors import PROBLEM_JSON
from server.schemas import Problem


def describe_problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for these statuses."""
    content = {PROBLEM_JSON: {"schema": Problem.model_json_schema()}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}
