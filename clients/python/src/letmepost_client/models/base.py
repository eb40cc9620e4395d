"""The base of every result."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel
from pydantic.alias_generators import to_camel

Item = TypeVar("Item")


class Model(BaseModel):
    """A result of the API, with the names of its fields in snake_case.

    Fields that a newer server adds are kept under the names that the server uses. Values of enumerations are strings,
    because a newer server may add values. `model_dump(by_alias=True)` returns the fields as the server names them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="allow", frozen=True
    )


class Page(Model, Generic[Item]):
    """A page of a list."""

    data: list[Item]
    next_cursor: str | None = None


class DataList(Model, Generic[Item]):
    """A list without pages."""

    data: list[Item]


class AnyResult(RootModel[Any]):
    """A result of any form."""
