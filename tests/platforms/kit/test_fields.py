"""Fields of JSON that may contain anything."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms._kit.fields import (
    id_in,
    moment_in,
    number_in,
    object_in,
    objects_in,
    text_in,
    texts_in,
)

VALUES: tuple[Any, ...] = (None, True, False, 0, 7, 1.5, "", "7", "a", [], [{}], ["a", 1, {"b": 2}], {}, {"c": 3})
READERS: dict[str, tuple[Callable[[Mapping[str, Any], str], Any], Any, list[tuple[Any, Any]]]] = {
    "object": (object_in, {}, [({"c": 3}, {"c": 3})]),
    "objects": (objects_in, [], [([{}], [{}]), (["a", 1, {"b": 2}], [{"b": 2}])]),
    "text": (text_in, None, [("7", "7"), ("a", "a")]),
    "texts": (texts_in, [], [(["a", 1, {"b": 2}], ["a"])]),
    "number": (number_in, None, [(0, 0), (7, 7)]),
    "id": (id_in, None, [("7", "7")]),
    "moment": (moment_in, None, []),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("value", VALUES)
def test_value_of_another_type_counts_as_missing(kind: str, value: Any) -> None:
    read, missing, read_as = READERS[kind]
    expected = next((found for given_as, found in read_as if repr(given_as) == repr(value)), missing)
    assert read({"field": value}, "field") == expected
    assert read({}, "field") == missing


@pytest.mark.parametrize("value", ["٣", "²", "12a", " 1", "-1", "../1"])
def test_id_has_only_ascii_digits(value: str) -> None:
    assert id_in({"id": value}) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T10:00:02Z",
        "2026-11-21T10:00:02.000Z",
        "2026-11-21T10:00:02+0000",
        "2026-11-21T11:00:02+01:00",
        "20261121T100002Z",
    ],
)
def test_moment_is_in_utc(text: str) -> None:
    found = moment_in({"at": text}, "at")
    assert found == datetime(2026, 11, 21, 10, 0, 2, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-11-21T10:00:02", "2026-11-21", "soon", "0001-01-01T00:00:00+23:59"])
def test_moment_without_a_time_zone_or_outside_the_calendar_is_missing(text: str) -> None:
    assert moment_in({"at": text}, "at") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(JSON)
def test_any_value_is_read(value: object) -> None:
    for read, missing, _ in READERS.values():
        found = read({"field": value}, "field")
        assert found == missing or isinstance(found, dict | list | str | int | datetime)


@given(st.datetimes(timezones=st.timezones()))
def test_any_moment_is_read_or_missing(moment: datetime) -> None:
    found = moment_in({"at": moment.isoformat()}, "at")
    assert found is None or found == datetime.fromisoformat(moment.isoformat())
