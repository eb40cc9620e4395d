"""Reads fields of JSON that a platform sent. It may contain anything, so a value of another type counts as missing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def object_in(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object in a field; empty if there is none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def objects_in(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list in a field; empty if there is no list. Other items of the list are left out."""
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text_in(data: Mapping[str, Any], name: str) -> str | None:
    """Return the text in a field, or None if it is empty or missing."""
    found = data.get(name)
    return found if isinstance(found, str) and found else None


def texts_in(data: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of the list in a field; empty if there is no list. Other items of the list are left out."""
    found = data.get(name)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def number_in(data: Mapping[str, Any], name: str) -> int | None:
    """Return the integer in a field, or None if it is missing."""
    found = data.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def id_in(data: Mapping[str, Any], name: str = "id") -> str | None:
    """Return the id in a field, a text of ASCII digits; None if it is missing."""
    found = text_in(data, name)
    return found if found is not None and found.isascii() and found.isdigit() else None


def moment_in(data: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time in a field, in UTC; None if it is missing, or if it has no time zone."""
    return parse_moment(text_in(data, name) or "")


def parse_moment(text: str) -> datetime | None:
    """Return the time that a text states in ISO 8601, in UTC; None if it states none, or no time zone."""
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day of the calendar may not exist in UTC
        return None
