"""An operation of the API as data: what routes, validation and the OpenAPI document are made from."""

from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.api.shapes import Body, View

KIB = 1024
DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Query(BaseModel):
    """Query parameters; parameters that an operation does not know are left aside."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PageQuery(Query):
    """A page of a list: ``cursor`` is the ``next`` of the page before."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=2000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``answers`` maps each status to the shape of its body, None for none; ``problems`` are the slugs of its own;
    ``files`` the media types that are taken as they are: JSON among them is described by ``body``, and not validated;
    ``media_type`` that of its views, ``media_types`` those that they are also given as when Accept asks for them.

    Everyone may call a ``public`` operation; others need an id token, and one of ``groups`` if there are any.
    """

    id: str
    summary: str
    method: HTTPMethod
    path: str
    answers: dict[HTTPStatus, type[View] | None]
    body: type[Body] | None = None
    query: type[Query] | None = None
    headers: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    public: bool = False
    groups: frozenset[str] = field(default_factory=frozenset)
    max_bytes: int = 256 * KIB
    files: tuple[str, ...] = ()
    media_type: str = "application/json"
    media_types: tuple[str, ...] = ()

    @property
    def all_problems(self) -> frozenset[str]:
        """The operation's own, and those of every operation: bad input, size, overload, and who may ask."""
        common = {"invalid-request", "too-large", "throttled"} | (set() if self.public else {"forbidden"})
        return frozenset(self.problems) | common

    @property
    def route_key(self) -> str:
        """As API Gateway writes it: ``PUT /modules/{module_id}/enrolment``."""
        return f"{self.method} {self.path}"
