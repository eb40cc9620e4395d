"""Query parameters of list operations: pages, and filters that accept several values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from letmepost.domain import refusals
from letmepost.services.shapes import closest, refused, shortened

PAGE_SIZE_MAX = 200
_LIMIT = re.compile(r"[0-9]{1,3}")


def _parse_limit(given: str) -> int:
    if not (_LIMIT.fullmatch(given) and 1 <= int(given) <= PAGE_SIZE_MAX):
        raise refused(refusals.fields.PAGE_SIZE, max_size=PAGE_SIZE_MAX)
    return int(given)


def _split(given: Any) -> Any:
    if not isinstance(given, list | tuple) or not all(isinstance(item, str) for item in given):
        return given  # of another type, which is reported as such
    return [value for item in given for value in item.split(",")]


PageSize = Annotated[
    int,
    BeforeValidator(_parse_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": 50}),
]
"""The `limit` of a page."""

Values = Annotated[Sequence[str], BeforeValidator(_split)]
"""The values of a filter: the parameter may be repeated, and each value may list several, separated by commas."""


class PageQuery(BaseModel):
    """Which page of a list is wanted."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    limit: PageSize = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """Restricts the values of a filter to a fixed list.

    Args:
        allowed: the values.
        aliases: other spellings, and the value that each stands for.
    """

    allowed: Iterable[str]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def check(self, given: Sequence[str]) -> Sequence[str]:
        """Return the values without aliases.

        Raises:
            PydanticCustomError: a value is not in the list. A filter that matches nothing would hide the mistake.
        """
        values, allowed = [self.aliases.get(value, value) for value in given], list(self.allowed)
        for value in values:
            if value not in allowed:
                suggestion = closest(value, allowed)
                raise refused(
                    refusals.fields.UNKNOWN_VALUE,
                    given=shortened(value),
                    suggestion=suggestion,
                    advice="" if suggestion is None else f"Send `{suggestion}` instead. ",
                    allowed=", ".join(allowed),
                )
        return values

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the values, without their other spellings."""
        return {**handler(schema), "items": {"type": "string", "enum": list(self.allowed)}}
