"""Platforms, their limits and API versions."""

from datetime import date
from typing import Any

from letmepost_client.models.base import Model


class PlatformLimit(Model):
    """A rule, with its source and the day on which the source was last checked."""

    rule: str
    summary: str
    limit: int | float | str | None = None
    unit: str | None = None
    remediation: str
    source_url: str
    checked_on: date


class Platform(Model):
    """The limits, the options and the capabilities of a platform."""

    platform: str
    title: str
    state: str
    api_version: str | None = None
    sunset: date | None = None
    can_unpublish: bool
    can_read_back: bool
    limits: list[PlatformLimit]
    options_schema: dict[str, Any]
    connect_schema: dict[str, Any] | None = None
    needs_server: bool
    features: dict[str, list[str]]
    scenarios: list[str]
    resources: list[str]


class PlatformVersion(Model):
    """The version of a platform's API that this deployment uses, and its last day if one is announced."""

    platform: str
    api_version: str | None = None
    sunset: date | None = None
