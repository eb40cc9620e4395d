"""`/v1/platforms`: the limits and options of each platform, derived from its rules and schemas."""

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


class PlatformLimitView(View):
    """A rule, with its source and the day on which the source was last checked."""

    rule: str
    summary: str
    limit: Left[int | float | str] = None
    unit: Left[str] = None
    remediation: str
    source_url: str
    checked_on: date

    @classmethod
    def of(cls, rule: Rule) -> "PlatformLimitView":
        """Show a rule."""
        return cls(
            rule=rule.id,
            summary=rule.summary,
            limit=rule.limit,
            unit=rule.unit,
            remediation=rule.remediation,
            source_url=rule.source.url,
            checked_on=rule.source.checked_on,
        )


class PlatformView(View):
    """The limits, the options and the capabilities of a platform."""

    platform: str
    title: str
    state: Literal["stable"] = "stable"
    api_version: str | None
    sunset: date | None
    can_unpublish: bool
    can_read_back: bool = Field(
        description="Whether each published post is looked up once, after 24 hours, and `post.removed` is sent if it "
        "is gone. False if the platform has no such call, or charges for it."
    )
    limits: Sequence[PlatformLimitView]
    options_schema: Mapping[str, Any]
    connect_schema: Mapping[str, Any] | None
    needs_server: bool = Field(
        description="Whether `POST /v1/accounts/connect/{platform}` requires `server`. True if the accounts of the "
        "platform are on many servers."
    )
    features: Mapping[str, Sequence[str]] = Field(
        description="Each feature and the scopes that it needs, if accounts are connected by consent. A consent asks "
        "for all of them. The `missingFeatures` of an account were not granted."
    )
    scenarios: Sequence[str]
    resources: Sequence[str] = Field(description="What `GET /v1/accounts/{id}/…` returns for its accounts.")

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
            limits=[PlatformLimitView.of(rule) for rule in platform.rules],
            options_schema=platform.options.model_json_schema(by_alias=True),
            connect_schema=None if typed is None else typed.model_json_schema(by_alias=True),
            needs_server=platform.servers is not None,
            features={} if platform.oauth is None else platform.oauth.features,
            scenarios=tuple(platform.simulator.scenarios),
            resources=[resource.name for resource in platform.resources],
        )


class PlatformList(View):
    """The platforms of this deployment, by name."""

    data: Sequence[PlatformView]


class PlatformVersionView(View):
    """The version of a platform's API that this deployment uses, and its last day if one is announced."""

    platform: str
    api_version: str | None
    sunset: date | None


class PlatformVersionList(View):
    """The pinned versions, by platform."""

    data: Sequence[PlatformVersionView]


@router.get("/v1/platforms", response_model=PlatformList, openapi_extra=needs(ANY_KEY))
async def list_platforms(request: Request) -> Response:
    """List platforms with their limits, sources, options and scenarios."""
    services: APIServices = request.app.state.services
    return respond(PlatformList(data=[PlatformView.of(platform) for platform in services.platforms.values()]))


@router.get("/v1/platform-versions", response_model=PlatformVersionList)
async def list_platform_versions(request: Request) -> Response:
    """List the version of each platform's API that this deployment uses, and its last day if one is announced."""
    services: APIServices = request.app.state.services
    found = [
        PlatformVersionView(platform=platform.name, api_version=platform.api_version, sunset=platform.sunset)
        for platform in services.platforms.values()
    ]
    return respond(PlatformVersionList(data=found))
