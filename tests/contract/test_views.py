"""Views are encoded like their fields in Pydantic, which also generates the OpenAPI document."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import PlainSerializer

from letmepost.bootstrap.api import describe_api
from letmepost.http.schemas.base import Moment, View, shown_fields

describe_api()  # imports every route, and with it every view


def every_view(base: type[View] = View) -> Iterator[type[View]]:
    for view in base.__subclasses__():
        yield view
        yield from every_view(view)


VIEWS = sorted(set(every_view()), key=lambda view: view.__qualname__)
MOMENTS = st.datetimes(timezones=st.just(UTC))


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of the type of a field."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        is_moment = any(isinstance(item, PlainSerializer) for item in arguments[1:])
        return MOMENTS if is_moment else values_of(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is not None:
        return CONTAINERS[origin]([values_of(argument) for argument in arguments])
    if isinstance(kind, type) and issubclass(kind, View):
        return views(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return PLAIN[kind]


PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    Any: st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3),
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(0, 10**12),
    float: st.floats(0, 10**6),
    str: st.text(max_size=5),
    date: st.dates(),
}


CONTAINERS: Mapping[Any, Callable[[list[st.SearchStrategy[Any]]], st.SearchStrategy[Any]]] = {
    Union: st.one_of,
    UnionType: st.one_of,
    Sequence: lambda items: st.lists(items[0], max_size=2),
    Mapping: lambda items: st.dictionaries(st.text(max_size=2), items[1], max_size=2),
}


def views(view: type[View]) -> st.SearchStrategy[View]:
    fields = {
        name: values_of(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        for name, field in view.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda values: view(**values))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_view_is_encoded_like_its_fields(view: type[View]) -> None:
    @settings(max_examples=20, deadline=None, database=None)
    @given(views(view))
    def check(shown: View) -> None:
        assert json.loads(shown.encode()) == json.loads(shown.model_dump_json())

    check()


def test_field_of_unknown_type_is_rejected() -> None:
    class Unknown(View):
        value: bytes

    with pytest.raises(TypeError, match="bytes"):
        shown_fields(Unknown)


def test_default_is_shown_when_no_value_is_given() -> None:
    class Small(View):
        made_at: Moment | None = None

    assert json.loads(Small().encode()) == {"madeAt": None}
