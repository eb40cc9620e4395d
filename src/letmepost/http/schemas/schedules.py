"""Times of publication, as callers send them."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator

from letmepost.domain import refusals
from letmepost.domain.schedules import ZONE_NAMES, Schedule, WallTime, suggest_zone
from letmepost.http.schemas.base import Body, GivenMoment
from letmepost.services.shapes import refused, shortened

_WALL_TIME = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?"
_GIVEN = re.compile(rf"(?P<wall_time>{_WALL_TIME})(?P<offset>[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


def _to_wall_time(value: Any) -> datetime:
    found = _GIVEN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refused(refusals.fields.WALL_TIME_FORMAT)
    if found["offset"] is not None:
        raise refused(refusals.posts.SCHEDULE_AT_OFFSET)
    try:
        return datetime.fromisoformat(found["wall_time"])
    except ValueError:  # there is no such date or time
        raise refused(refusals.fields.WALL_TIME_FORMAT) from None


def _check_zone(name: str) -> str:
    if name in ZONE_NAMES:
        return name
    suggestion = suggest_zone(name)
    advice = "a name such as `Europe/Berlin`" if suggestion is None else f"`{suggestion}` instead"
    raise refused(refusals.posts.SCHEDULE_ZONE_UNKNOWN, given=shortened(name), advice=advice, suggestion=suggestion)


class PostSchedule(Body):
    """A time as the clocks of a zone show it."""

    at: Annotated[
        datetime,
        BeforeValidator(_to_wall_time),
        WithJsonSchema({"type": "string", "pattern": f"^{_WALL_TIME}$", "examples": ["2026-12-24T09:00"]}),
    ] = Field(
        description="The date and time, without an offset. Seconds are optional. If the clocks show this time twice, "
        "the first one counts. If they skip it, the post is published at the end of the gap."
    )
    zone: Annotated[str, AfterValidator(_check_zone)] = Field(
        description="A name from the IANA time zone database.", examples=["Europe/Berlin"]
    )

    @model_validator(mode="after")
    def _has_instant(self) -> "PostSchedule":
        try:
            self.to_wall_time().to_instant()
        except OverflowError:
            raise refused(refusals.fields.TIME_RANGE) from None
        return self

    def to_wall_time(self) -> WallTime:
        """Return the time for the use cases."""
        return WallTime(self.at, self.zone)


class PublishTime(Body):
    """When to publish. Without `scheduledAt` and `schedule`, immediately."""

    scheduled_at: GivenMoment | None = None
    schedule: PostSchedule | None = Field(
        default=None, description="The time of publication as the clocks of a zone show it, instead of `scheduledAt`."
    )

    @model_validator(mode="after")
    def _has_one_time(self) -> "PublishTime":
        if self.scheduled_at is not None and self.schedule is not None:
            raise refused(refusals.posts.MODE_CONFLICT, field=None)
        return self

    def to_schedule(self) -> Schedule | None:
        """Return the time for the use cases; None without one."""
        if self.schedule is not None:
            wall_time = self.schedule.to_wall_time()
            return Schedule(wall_time.to_instant(), wall_time)
        return None if self.scheduled_at is None else Schedule(self.scheduled_at)


class PublishDraft(PublishTime):
    """When to publish a draft. Without any of these, at the time that a change gave it, else immediately."""

    publish_now: StrictBool | None = Field(
        default=None, description="Publish immediately, even if the draft has a time."
    )

    @model_validator(mode="after")
    def _is_now_or_later(self) -> "PublishDraft":
        if self.publish_now and self.to_schedule() is not None:
            raise refused(refusals.posts.MODE_CONFLICT, field=None)
        return self
