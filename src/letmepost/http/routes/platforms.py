"""`/v1/platforms`: what each platform takes, derived from its rules and schemas."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from letmepost.domain.rules import Rule
from letmepost.http.gate import ANY_KEY, GatedRoute, needs
from letmepost.http.perform import respond
from letmepost.http.schemas.base import Left, View
from letmepost.http.services import APIServices
from letmepost.platforms.contract import Platform

router = APIRouter(route_class=GatedRoute, tags=["platforms"])


class LimitView(View):
    """One rule: what it says, where the platform says so, and when that was last read."""

    rule: str
    summary: str
    limit: Left[int | float | str] = None
    unit: Left[str] = None
    remediation: str
    source_url: str
    checked_on: date

    @classmethod
    def of(cls, rule: Rule) -> "LimitView":
        """Show a rule."""
        return cls(
            rule=rule.id,
            summary=rule.summary,
            limit=rule.limit,
            unit=rule.unit,
            remediation=rule.remediation,
            source_url=rule.source_url,
            checked_on=rule.checked_on,
        )


class PlatformView(View):
    """What a platform takes and can do."""

    platform: str
    title: str
    state: Literal["stable"] = "stable"
    api_version: str | None
    sunset: date | None
    can_unpublish: bool
    can_read_back: bool = Field(
        description="Whether `post.removed` is sent: each published post is looked up once, 24 hours later. False "
        "where the platform cannot be asked, or bills the question."
    )
    limits: Sequence[LimitView]
    options_schema: Mapping[str, Any]
    connect_schema: Mapping[str, Any] | None
    features: Mapping[str, Sequence[str]] = Field(
        description="Each feature and the scopes that it needs, where accounts are connected by consent: all are asked "
        "for, and an account's `missingFeatures` are those that were not granted."
    )
    scenarios: Sequence[str]

    @classmethod
    def of(cls, platform: Platform) -> "PlatformView":
        """Show a platform."""
        typed = platform.connect_input
        return cls(
            platform=platform.name,
            title=platform.title,
            api_version=platform.api_version,
            sunset=platform.sunset,
            can_unpublish=platform.unpublish is not None,
            can_read_back=platform.is_there is not None,
            limits=[LimitView.of(rule) for rule in platform.rules],
            options_schema=platform.options.model_json_schema(by_alias=True),
            connect_schema=None if typed is None else typed.model_json_schema(by_alias=True),
            features={} if platform.oauth is None else platform.oauth.features,
            scenarios=platform.simulator.scenarios,
        )


class PlatformList(View):
    """Every platform of this deployment, by name."""

    data: Sequence[PlatformView]


class VersionView(View):
    """The version of a platform's API that this release speaks, and the day on which it ends; null where none."""

    platform: str
    api_version: str | None
    sunset: date | None


class VersionList(View):
    """The pinned versions, by platform."""

    data: Sequence[VersionView]


@router.get("/v1/platforms", response_model=PlatformList, openapi_extra=needs(ANY_KEY))
async def list_platforms(request: Request) -> Response:
    """Every platform with its limits, sources, options and scenarios."""
    services: APIServices = request.app.state.services
    return respond(PlatformList(data=[PlatformView.of(platform) for platform in services.platforms.values()]))


@router.get("/v1/platform-versions", response_model=VersionList, openapi_extra=needs(ANY_KEY))
async def list_versions(request: Request) -> Response:
    """The version of each platform's API that this release speaks, and when it ends."""
    services: APIServices = request.app.state.services
    found = [
        VersionView(platform=platform.name, api_version=platform.api_version, sunset=platform.sunset)
        for platform in services.platforms.values()
    ]
    return respond(VersionList(data=found))
