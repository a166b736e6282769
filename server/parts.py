"""What routes are given: the opened service and its background work, put on the application at start-up."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from server.bootstrap import Service
from server.intake import Intake
from server.jobs import IngestJobs


@dataclass(frozen=True)
class Parts:
    """Everything that is open while the application runs."""

    service: Service
    jobs: IngestJobs
    intake: Intake


def put_parts(app: FastAPI, parts: Parts) -> None:
    """Put the parts where routes find them."""
    app.state.parts = parts


def _take_parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


GivenParts = Annotated[Parts, Depends(_take_parts)]
