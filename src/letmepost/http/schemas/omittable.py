"""Fields of a body that may be omitted, but not null."""

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from letmepost.domain import refusals
from letmepost.http.schemas.base import without_null
from letmepost.services.shapes import refused

T = TypeVar("T")


class _DescribedWithoutNull:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of the values that are accepted."""
        return without_null(handler(schema))


def _reject_null(value: Any) -> Any:
    if value is None:
        raise refused(refusals.fields.CANNOT_BE_NULL)
    return value


Omittable = Annotated[T | None, BeforeValidator(_reject_null), _DescribedWithoutNull()]
"""An optional field. Null is rejected, because it could mean to remove the value or to keep it."""
