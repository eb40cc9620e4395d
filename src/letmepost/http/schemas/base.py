"""What all bodies and views share."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_json

from letmepost.domain import refusals
from letmepost.domain.ids import MalformedIdError, Prefix, parse_id
from letmepost.services.events import timestamp
from letmepost.services.shapes import refused, shortened

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?")

T = TypeVar("T")


class Body(BaseModel):
    """A request's body, or part of one. Unknown fields are refused: a misspelt one must not be ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True, validate_by_name=False
    )


def _public_name(view: type[Any]) -> str:
    return view.__name__.removesuffix("View")


class View(BaseModel):
    """A part of a response. A field of type `Left[...]` without a value is omitted; every other field is always sent.

    The fields define the OpenAPI description and how a view is encoded. Their types are not checked at run time: a
    view is made from rows of the database, and validating it would take longer than reading it. The title of a view is
    its name in the OpenAPI description: the name of the class without `View`, unless its configuration sets another.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        serialize_by_alias=True,
        validate_by_name=True,
        model_title_generator=_public_name,
    )

    if not TYPE_CHECKING:  # type checkers derive the parameters from the fields

        def __init__(self, **values: Any) -> None:
            object.__setattr__(self, "__dict__", defaults_of(type(self)) | values)
            object.__setattr__(self, "__pydantic_fields_set__", set(values))
            object.__setattr__(self, "__pydantic_extra__", None)
            object.__setattr__(self, "__pydantic_private__", None)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the fields as they are sent: those that may be omitted are never null, all others are required."""
        reference = handler(schema)
        described = handler.resolve_ref_schema(reference)
        fields, omitted = described.get("properties", {}), [one.alias for one in shown_fields(cls) if one.is_left_out]
        for name in omitted:
            fields[name] = without_null(fields[name])
        if required := [name for name in fields if name not in omitted]:
            described["required"] = required
        for name in required:
            fields[name].pop("default", None)
        return reference

    def plain(self) -> dict[str, Any]:
        """Return the values as JSON has them, by the names that callers see."""
        values, shown = self.__dict__, dict[str, Any]()
        for name, alias, is_left_out, convert in shown_fields(type(self)):
            value = values[name]
            if value is not None:
                shown[alias] = value if convert is None else convert(value)
            elif not is_left_out:
                shown[alias] = None
        return shown

    def encode(self) -> bytes:
        """Return the view as JSON."""
        return to_json(self.plain(), fallback=_as_mapping)


def _is_none(value: object) -> bool:
    return value is None


Left = Annotated[T | None, Field(exclude_if=_is_none)]
"""A field that is omitted if it has no value."""


def without_null(described: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema of an optional field without null, and without its default."""
    kept = {name: value for name, value in described.items() if name not in {"anyOf", "default"}}
    choices = [choice for choice in described.get("anyOf", ()) if choice != {"type": "null"}]
    return {**(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}), **kept}


@dataclass(frozen=True, slots=True)
class DescribedAs:
    """Describes a field in the OpenAPI by another type than the one that validates or encodes it."""

    kind: Any

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of the other type."""
        # Pydantic makes a reference of a model only where it is part of another schema, so it is described as an item.
        items: JsonSchemaValue = handler(core_schema.list_schema(TypeAdapter(self.kind).core_schema))["items"]
        return items


class ShownField(NamedTuple):
    """How a field of a view is encoded. `convert`: None where JSON has the type already."""

    name: str
    alias: str
    is_left_out: bool
    convert: Callable[[Any], Any] | None


def _as_mapping(value: Any) -> dict[Any, Any]:
    """Return a mapping that is not a `dict` as one; the encoder knows no other."""
    return dict(value)


@cache
def defaults_of(view: type[View]) -> dict[str, Any]:
    """Return the fields of a view that need not be given, with their values."""
    return {name: field.default for name, field in view.model_fields.items() if not field.is_required()}


@cache
def shown_fields(view: type[View]) -> tuple[ShownField, ...]:
    """Return how each field of a view is encoded.

    Raises:
        TypeError: a field has a type whose encoding is not defined here.
    """
    return tuple(
        ShownField(
            name,
            field.serialization_alias or name,
            field.exclude_if is not None,
            _converter(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation),
        )
        for name, field in view.model_fields.items()
    )


def _converter(kind: Any) -> Callable[[Any], Any] | None:
    """Return what makes JSON of a value of this type; None if it is JSON already."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        serializers: list[Any] = [item.func for item in arguments[1:] if isinstance(item, PlainSerializer)]
        return serializers[0] if serializers else _converter(arguments[0])
    if origin in {Union, UnionType}:
        converters = {_converter(argument) for argument in arguments if argument is not NoneType}
        if len(converters) == 1:
            return converters.pop()
    if origin in _CONTAINERS:
        convert = _converter(arguments[-1])
        return None if convert is None else partial(_CONTAINERS[origin], convert)
    return _simple_converter(kind)


def _simple_converter(kind: Any) -> Callable[[Any], Any] | None:
    if kind is Any or get_origin(kind) is Literal:
        return None
    if isinstance(kind, type):
        if issubclass(kind, View):
            return View.plain
        if kind is date:
            return date.isoformat
        if issubclass(kind, str | int | float):
            return None
    message = f"no encoding is defined for {kind}"
    raise TypeError(message)


def _each(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    return [convert(value) for value in values]


def _each_value(convert: Callable[[Any], Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: convert(value) for name, value in values.items()}


_CONTAINERS: Mapping[Any, Callable[..., Any]] = {Sequence: _each, Mapping: _each_value}


Moment = Annotated[
    datetime,
    PlainSerializer(timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""RFC 3339 in UTC with milliseconds and `Z`."""


def _check_time(value: Any, info: ValidationInfo) -> Any:
    """Reject a time without an offset: to guess one would publish at another hour."""
    found = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refused(refusals.fields.TIME_FORMAT)
    if found["zone"] is None:
        is_schedule = info.field_name == "scheduled_at"
        raise refused(refusals.posts.SCHEDULED_AT_TIMEZONE if is_schedule else refusals.fields.TIME_ZONE)
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise refused(refusals.fields.TIME_RANGE) from None


GivenMoment = Annotated[datetime, BeforeValidator(_check_time), AfterValidator(_in_utc)]
"""A time that a caller sends."""


def find_id(prefix: Prefix, text: str) -> UUID:
    """Return the UUID of an id; for a malformed id a UUID that nothing has, so that a filter finds nothing."""
    return _parsed_id(prefix, text) or UUID(int=0)


def path_id(prefix: Prefix, text: str) -> UUID:
    """Return the UUID of an id in a path.

    Raises:
        NotFound: the id is malformed.
    """
    found = _parsed_id(prefix, text)
    if found is None:
        raise refusals.requests.not_found(prefix, shortened(text))
    return found


def body_profile_id(text: str | None) -> UUID | None:
    """Return the UUID of the profile that a body names; None for None.

    Raises:
        InvalidRequest: the id is malformed.
    """
    found = None if text is None else _parsed_id(Prefix.PROFILE, text)
    if found is None and text is not None:
        raise refusals.tenants.PROFILE_UNKNOWN(field="profileId", profile_id=shortened(text))
    return found


def _parsed_id(prefix: Prefix, text: str) -> UUID | None:
    try:
        return parse_id(prefix, text)
    except MalformedIdError:
        return None
