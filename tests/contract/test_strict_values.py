"""A value of another JSON type is rejected, not converted: `"draft": "no"` must not become a draft."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo

from letmepost.http import app
from letmepost.http.schemas.base import Body
from letmepost.platforms import discover
from letmepost.platforms.contract import Options

_PROBES: tuple[Any, ...] = ("yes", "true", "1", "1.5", True, 1, 0, 1.0)
_DEFINES_EVERY_BODY = (app, discover())


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model, and the models of its fields."""
    yield model
    for field in model.model_fields.values():
        yield from _inside(field.annotation)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _parts(annotation)
    for argument in getattr(annotation, "__args__", ()):
        yield from _inside(argument)


def _fields() -> list[tuple[str, FieldInfo]]:
    found = {
        f"{part.__module__}.{part.__qualname__}.{name}": field
        for base in (Body, Options)
        for model in _models(base)
        for part in _parts(model)
        for name, field in part.model_fields.items()
    }
    return sorted(found.items())


def _converted(field: FieldInfo) -> list[tuple[Any, Any]]:
    """The probes that the field accepts as a value of another type, with that value."""
    annotation: Any = field.rebuild_annotation()
    model = create_model("Probe", value=(annotation, ...))
    found = []
    for probe in _PROBES:
        try:
            taken = model.model_validate({"value": probe}).model_dump()["value"]
        except ValidationError:
            continue
        is_scalar = isinstance(taken, bool | int | float)
        if is_scalar and (isinstance(probe, str) or isinstance(taken, bool) != isinstance(probe, bool)):
            found.append((probe, taken))
    return found


def test_no_field_of_a_request_converts_a_value_of_another_type() -> None:
    fields = _fields()
    assert len(fields) > 100
    assert {name: converted for name, field in fields if (converted := _converted(field))} == {}
