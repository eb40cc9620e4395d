"""What all bodies and views share."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from letmepost.domain.ids import MalformedIdError, Prefix, parse
from letmepost.services.events import timestamp

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?")

T = TypeVar("T")


class Body(BaseModel):
    """A request's body, or part of one. Unknown fields are refused: a misspelt one must not be ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True, validate_by_name=False
    )


class View(BaseModel):
    """What is shown. Fields typed `Left[...]` are left out when there is nothing to say."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, serialize_by_alias=True, validate_by_name=True)

    def encode(self) -> bytes:
        """JSON, once."""
        return self.model_dump_json().encode()


def _is_none(value: object) -> bool:
    return value is None


Left = Annotated[T | None, Field(exclude_if=_is_none)]
"""An optional field that is left out, not null."""

Moment = Annotated[
    datetime,
    PlainSerializer(timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""RFC 3339 in UTC with milliseconds and `Z`."""


def parse_moment(value: Any) -> Any:
    """An RFC 3339 time with an offset; without one it is refused: guessing would publish at another hour."""
    found = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("datetime_rfc3339", "must be an RFC 3339 time such as 2026-12-01T09:00:00Z")
    if found["zone"] is None:
        raise PydanticCustomError("timezone", "has no time zone: end it with Z or an offset such as +01:00")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "is not between the years 1 and 9999 in UTC") from None


GivenMoment = Annotated[datetime, BeforeValidator(parse_moment), AfterValidator(_in_utc)]
"""A time that a caller sends."""


def find_id(prefix: Prefix, text: str) -> UUID:
    """The UUID of a spelled id; for a malformed one a UUID that nothing has: it is simply not found."""
    try:
        return parse(prefix, text)
    except MalformedIdError:
        return UUID(int=0)
