"""What pydantic reports about a request, in the words of this service.

Values that a caller sent in a body are not repeated: they may be secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.domain.refusals import Refusal

PROBLEMS_MAX = 50
"""How many problems of one request are reported. A request of a few kilobytes can have thousands."""
PATH_MAX_CHARS = 200
_SHOWN_MAX_CHARS = 60
REFUSED = "refused"
_SHOULD = re.compile(r"^\w+ should ")

MEANT: Mapping[str, str] = MappingProxyType(
    {
        "account": "accountId",
        "account_id": "accountId",
        "account_ids": "targets",
        "accounts": "targets",
        "alt": "altText",
        "alt_text": "altText",
        "body": "text",
        "caption": "text",
        "content": "text",
        "image_url": "media[].url",
        "image_urls": "media[].url",
        "media_url": "media[].url",
        "media_urls": "media[].url",
        "message": "text",
        "platform_posts": "targets",
        "platforms": "targets",
        "publish_at": "scheduledAt",
        "schedule_at": "scheduledAt",
        "schedule_for": "scheduledAt",
        "scheduled_at": "scheduledAt",
        "scheduled_for": "scheduledAt",
        "time_zone": "schedule",
        "timezone": "schedule",
        "when": "scheduledAt",
    }
)
"""Field names of other services, and the field that has this meaning here."""


def refused(refusal: Refusal, **parameters: Any) -> PydanticCustomError:
    """Return the error that a validator raises to reject a value with a refusal of the catalog."""
    return PydanticCustomError(REFUSED, "refused", {"refusal": refusal, "parameters": parameters})


def problems_of(
    found: Iterable[Mapping[str, Any]],
    model: type[BaseModel] | None,
    *,
    prefix: str = "",
    platform: str | None = None,
) -> list[RequestError]:
    """Return one error for each of pydantic's, up to `PROBLEMS_MAX`.

    Args:
        found: the errors, as `ValidationError.errors()` returns them.
        model: the model that was validated, to suggest the names of its fields.
        prefix: the path of the validated value in the request.
        platform: the platform that the request is about.
    """
    return [_problem(one, model, prefix, platform) for one in list(found)[:PROBLEMS_MAX]]


def field_path(location: Sequence[int | str], prefix: str = "") -> str:
    """Return `targets[0].text` for `("targets", 0, "text")`."""
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return shown_path(path)


def shown_path(path: str) -> str:
    """Return the path of a field, shortened to what fits into a response; `body` for the whole body."""
    return (path if len(path) <= PATH_MAX_CHARS else f"{path[:PATH_MAX_CHARS]}…") or "body"


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the names that callers send."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def shortened(value: str) -> str:
    """Return the start of a value that a caller sent, for an error."""
    return value[:_SHOWN_MAX_CHARS]


def closest(given: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that was probably meant. Only the start of a long name is compared."""
    return next(iter(get_close_matches(shortened(given), list(allowed), n=1)), None)


def _problem(
    found: Mapping[str, Any], model: type[BaseModel] | None, prefix: str, platform: str | None
) -> RequestError:
    kind, context = found["type"], found.get("ctx", {})
    field = field_path(found["loc"], prefix)
    if kind == REFUSED:
        refusal: Refusal = context["refusal"]
        return refusal(**{"field": field, "platform": platform, **context["parameters"]})
    if kind == "extra_forbidden":
        return _unknown_field(found["loc"], field, model, platform)
    explain = _EXPLAIN.get(kind)
    if explain is not None:
        return explain(field, context)
    problem = str(found["msg"]).removeprefix("Value error, ").rstrip(".")
    problem = _SHOULD.sub("must ", problem)
    if kind.startswith("url"):
        return refusals.fields.URL(field=field, problem=problem)
    refusal = refusals.fields.INVALID_VALUE if problem.startswith("must ") else refusals.fields.INVALID
    return refusal(field=field, problem=problem)


def _unknown_field(
    location: Sequence[int | str], field: str, model: type[BaseModel] | None, platform: str | None
) -> RequestError:
    name = str(location[-1])
    allowed = _field_names(model, location[:-1])
    suggestion = next((meant for meant in [MEANT.get(name)] if meant and meant.partition("[")[0] in allowed), None)
    suggestion = suggestion or closest(name, allowed)
    return refusals.fields.UNKNOWN(
        field=field, suggestion=suggestion, advice=_advice(suggestion, allowed), platform=platform
    )


def _advice(suggestion: str | None, allowed: Sequence[str]) -> str:
    if suggestion is not None:
        return f"Send `{suggestion}` instead."
    return f"Use the fields of this object: {', '.join(allowed)}." if allowed else "Check the name in the reference."


def _field_names(model: type[BaseModel] | None, location: Sequence[int | str]) -> list[str]:
    """Return the names of the fields of the object at a location."""
    found: Any = model
    for part in location:
        found = _part_of(found, part)
    reached = _model_in(found)
    return [] if reached is None else list(fields_of(reached))


def _part_of(annotation: Any, part: int | str) -> Any:
    if isinstance(part, int):
        return annotation
    model = _model_in(annotation)
    fields = {} if model is None else fields_of(model)
    return fields[part].annotation if part in fields else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the first model in an annotation such as `Sequence[Target] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part)) is not None), None)


def _explain_type(kind: str, field: str, _context: Mapping[str, Any]) -> RequestError:
    if kind == _OBJECT and field.startswith("targets[") and field.endswith("]"):
        return refusals.fields.TARGET_NOT_AN_OBJECT(field=field)
    return refusals.fields.WRONG_TYPE(field=field, kind=kind)


def _explain_class(field: str, context: Mapping[str, Any]) -> RequestError:
    return _explain_type("a list" if context["class"] == "Sequence" else _OBJECT, field, context)


def _explain_range(comparison: str, limit: str, field: str, context: Mapping[str, Any]) -> RequestError:
    return refusals.fields.OUT_OF_RANGE(field=field, comparison=comparison, limit=context[limit])


def _explain_length(limit: str, unit: str, field: str, context: Mapping[str, Any]) -> RequestError:
    refusal = refusals.fields.TOO_LONG if limit == "max_length" else refusals.fields.TOO_SHORT
    return refusal(field=field, limit=context[limit], unit=unit if context[limit] == 1 else f"{unit}s")


def _explain_choice(field: str, context: Mapping[str, Any]) -> RequestError:
    return refusals.fields.NOT_ALLOWED(field=field, expected=context["expected"])


def _explain_pattern(field: str, context: Mapping[str, Any]) -> RequestError:
    return refusals.fields.PATTERN(field=field, pattern=context["pattern"])


def _explain_missing(field: str, _context: Mapping[str, Any]) -> RequestError:
    return refusals.fields.MISSING(field=field)


_OBJECT = "an object"
_TYPES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "a list": ("iterable_type", "list_type", "sequence_str", "set_type", "tuple_type"),
        "a number": ("float_parsing", "float_type"),
        "a string": ("string_type",),
        "a whole number": ("int_from_float", "int_parsing", "int_type"),
        _OBJECT: ("dict_type", "mapping_type", "model_attributes_type", "model_type"),
        "true or false": ("bool_parsing", "bool_type"),
    }
)
_EXPLAIN: Mapping[str, Callable[[str, Mapping[str, Any]], RequestError]] = MappingProxyType(
    {
        **{kind: partial(_explain_type, name) for name, kinds in _TYPES.items() for kind in kinds},
        "enum": _explain_choice,
        "is_instance_of": _explain_class,
        "greater_than": partial(_explain_range, "greater than", "gt"),
        "greater_than_equal": partial(_explain_range, "at least", "ge"),
        "less_than": partial(_explain_range, "less than", "lt"),
        "less_than_equal": partial(_explain_range, "at most", "le"),
        "literal_error": _explain_choice,
        "missing": _explain_missing,
        "string_pattern_mismatch": _explain_pattern,
        "string_too_long": partial(_explain_length, "max_length", "character"),
        "string_too_short": partial(_explain_length, "min_length", "character"),
        "too_long": partial(_explain_length, "max_length", "item"),
        "too_short": partial(_explain_length, "min_length", "item"),
    }
)
"""Pydantic's types of errors (https://docs.pydantic.dev/latest/errors/validation_errors/, checked 2026-11-29)."""
