"""The `webhooks` section: every event, its schema and an example."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.http.describing.samples import KNOWN
from letmepost.http.schemas.event_data import event_schema
from letmepost.services.events import EVENT_TYPES
from letmepost.services.webhooks.samples import SAMPLE_TIME, sample_data

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "post.queued": "A post was scheduled, or queued again.",
        "post.validated": "A scheduled post has passed every check. Sent with `post.queued`, for older consumers.",
        "post.published": "A post is visible.",
        "post.partial": "A part of a thread could not be published. A retry continues from there.",
        "post.rejected": "The platform refused the content, or a media item cannot be used.",
        "post.retrying": "An attempt failed for a temporary reason. `nextAttemptAt` is the time of the next one.",
        "post.failed": "The last retry failed, or the post is too late.",
        "post.held": "A post waits until its account is reconnected, or until publishing is resumed.",
        "post.unconfirmed": "A post was sent, but its outcome could not be confirmed. It is not resent automatically.",
        "post.awaiting_user": "The platform has the post, and a person has to finish it there, at `url`.",
        "post.canceled": "A post was canceled before it was published.",
        "post.updated": "The content of an unpublished post was changed.",
        "post.rescheduled": "The time of a post was changed.",
        "post.unpublished": "A published post was deleted on its platform.",
        "post.removed": "A published post no longer exists on its platform.",
        "account.connected": "An account was connected.",
        "account.disconnected": "An account was disconnected.",
        "token.expiring": "A person has to reconnect an account before its credential expires.",
        "token.revoked": "A platform no longer accepts an account's credential.",
        "version.deprecated": "The platform will switch off the version of its API that this release uses.",
        "quota.warning": "80 % of a quota is used. Sent once per period.",
        "quota.exceeded": "A request was rejected because a quota is used up. Sent once per period.",
        "endpoint.disabled": "A webhook endpoint was disabled: it responded with 410, or failed for five days.",
    }
)


def webhooks(platform: str) -> dict[str, Any]:
    """Return every event as a request that this server sends. `platform`: the platform that examples name."""
    return {event_type: {"post": _operation(event_type, platform)} for event_type in EVENT_TYPES}


def _operation(event_type: str, platform: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{event_schema(event_type)}"}
    return {
        "operationId": "on" + "".join(part.title() for part in event_type.replace("_", ".").split(".")),
        "summary": event_type,
        "description": MEANINGS[event_type],
        "tags": ["webhooks"],
        "security": [],
        "parameters": list(_headers(event_type)),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": _example(event_type, platform)}},
        },
        "responses": {
            "2XX": {"description": "Received. After any other response, the delivery is retried for about a day."},
            "410": {"description": "Gone: the endpoint is disabled."},
        },
    }


def _example(event_type: str, platform: str) -> dict[str, Any]:
    return {
        "id": KNOWN["eventId"],
        "type": event_type,
        "createdAt": SAMPLE_TIME,
        "organizationId": KNOWN["organizationId"],
        "data": {**sample_data(event_type, platform), "sequence": 7},
    }


def _headers(event_type: str) -> Iterator[dict[str, Any]]:
    for name, example, meaning in (
        ("webhook-id", KNOWN["eventId"], "The event's id. It is the same in every attempt."),
        ("webhook-timestamp", "1796115600", "The time of this attempt, in Unix seconds."),
        ("webhook-signature", "v1,<base64>", "Standard Webhooks: HMAC-SHA256 of id, timestamp and body."),
        ("X-Letmepost-Signature", "t=1796115600,v1=<hex>", "HMAC-SHA256 of timestamp and body."),
        ("X-Letmepost-Event", event_type, "The event's type."),
        ("X-Letmepost-Event-Id", KNOWN["eventId"], "The same as `webhook-id`."),
        ("X-Letmepost-Delivery", KNOWN["deliveryId"], "The delivery's id. It is the same in every attempt."),
        ("X-Letmepost-Delivery-Id", KNOWN["deliveryId"], "The same as `X-Letmepost-Delivery`."),
    ):
        yield {
            "name": name,
            "in": "header",
            "required": True,
            "description": meaning,
            "schema": {"type": "string"},
            "example": example,
        }
