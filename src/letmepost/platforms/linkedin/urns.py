"""LinkedIn's URNs."""

import re
from typing import TypeGuard

AUTHOR_PATTERN = r"urn:li:(?:person|organization):[A-Za-z0-9_-]+"
_ORGANIZATION = "urn:li:organization:"
_POST = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]+")


def is_author(text: object) -> TypeGuard[str]:
    """Return True for the URN of a member or an organization."""
    return isinstance(text, str) and re.fullmatch(AUTHOR_PATTERN, text) is not None


def is_organization(urn: object) -> TypeGuard[str]:
    """Return True for the URN of an organization."""
    return is_author(urn) and urn.startswith(_ORGANIZATION)


def is_post(text: object) -> TypeGuard[str]:
    """Return True for the URN of a post."""
    return isinstance(text, str) and _POST.fullmatch(text) is not None


def find_post(text: str) -> str | None:
    """Return the first URN of a post in a text."""
    found = _POST.search(text)
    return None if found is None else found.group()


def member_urn(subject: str) -> str:
    """Return the URN of a member, from the pairwise id that the app receives."""
    return f"urn:li:person:{subject}"
