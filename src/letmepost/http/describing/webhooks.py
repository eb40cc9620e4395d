"""The `webhooks` section: every event, its schema and an example."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from letmepost.domain.quotas import QuotaName
from letmepost.http.describing.samples import KNOWN, MOMENT, Samples
from letmepost.http.schemas.announcements import ANNOUNCEMENTS, Announcement, announcement_of
from letmepost.services.events import EVENT_TYPES

_REF = "#/components/schemas/{model}"

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "post.queued": "A post was accepted for later, or is queued again.",
        "post.validated": "A scheduled post has passed every check. Sent beside `post.queued`, for older consumers.",
        "post.published": "A post is visible.",
        "post.partial": "A thread broke in the middle; a retry goes on from there.",
        "post.rejected": "The platform refused the content; or, perhaps long before, a medium is of no use.",
        "post.retrying": "A try failed for a passing reason; `nextAttemptAt` says when the next one is.",
        "post.failed": "Retries or lateness are used up.",
        "post.held": "A post waits for its account to be reconnected, or for publishing to go on.",
        "post.unconfirmed": "A post was sent and its outcome could not be learnt. It is never repeated by itself.",
        "post.awaiting_user": "The platform has the post, and a person has to finish there.",
        "post.canceled": "A post was canceled before it went out.",
        "post.updated": "The content of a post that has not gone out was changed.",
        "post.rescheduled": "A post got another time.",
        "post.unpublished": "A published post was deleted on its platform.",
        "post.removed": "A published post was found gone from its platform.",
        "account.connected": "An account was connected.",
        "account.disconnected": "An account was disconnected.",
        "token.expiring": "An account has to be reconnected by a person before its credential expires.",
        "token.revoked": "A platform no longer accepts an account's credential.",
        "version.deprecated": "The version of a platform's API that this release speaks is about to end.",
        "quota.warning": "80 % of a quota is used. Sent once per period.",
        "quota.exceeded": "A quota is used up, and a request was rejected for it. Sent once per period.",
        "endpoint.disabled": "A webhook endpoint was disabled: it answered 410, or failed for five days.",
    }
)
_STATUS_AFTER = {
    "removed": "published",
    "rescheduled": "queued",
    "unpublished": "published",
    "updated": "queued",
    "validated": "queued",
}
_LEFT_UNTIL_PUBLISHED = ("uri", "cid", "url", "publishedAt")


def announcement_schemas() -> dict[str, Any]:
    """The schemas of the events' data, for `components`."""
    models: list[type[Announcement]] = sorted({Announcement, *ANNOUNCEMENTS.values()}, key=lambda model: model.__name__)
    inputs: list[tuple[type[Announcement], JsonSchemaMode]] = [(model, "serialization") for model in models]
    _, described = models_json_schema(inputs, ref_template=_REF)
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def webhooks(samples: Samples) -> dict[str, Any]:
    """Every event as a request that we send."""
    return {event_type: {"post": _operation(event_type, samples)} for event_type in EVENT_TYPES}


def _operation(event_type: str, samples: Samples) -> dict[str, Any]:
    data = announcement_of(event_type).__name__
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "type": {"const": event_type},
            "createdAt": {"type": "string", "format": "date-time"},
            "organizationId": {"type": "string"},
            "data": {"$ref": _REF.format(model=data)},
        },
        "required": ["id", "type", "createdAt", "organizationId", "data"],
    }
    return {
        "operationId": "on" + "".join(part.title() for part in event_type.replace("_", ".").split(".")),
        "summary": event_type,
        "description": MEANINGS[event_type],
        "tags": ["webhooks"],
        "parameters": list(_signatures(event_type)),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": _example(event_type, samples)}},
        },
        "responses": {
            "2XX": {"description": "Received. Anything else is tried again over a day, at least once in all."},
            "410": {"description": "Gone: the endpoint is disabled."},
        },
    }


def _example(event_type: str, samples: Samples) -> dict[str, Any]:
    noun, _, happened = event_type.partition(".")
    data = samples.of({"$ref": _REF.format(model=announcement_of(event_type).__name__)})
    data["sequence"] = 7
    if noun == "post":
        data |= {"status": _STATUS_AFTER.get(happened, happened), "warnings": [], "metadata": {"campaign": "launch"}}
        left = {"error"} if data["status"] not in {"failed", "rejected", "retrying", "held"} else set()
        left |= set() if data["status"] == "published" else set(_LEFT_UNTIL_PUBLISHED)
        left |= set() if data["status"] == "retrying" else {"nextAttemptAt"}
        data = {name: value for name, value in data.items() if name not in left}
        if "error" in data:
            data["error"] = {"code": "platform_unavailable", "message": "The platform does not answer."}
        if "nextAttemptAt" in data:
            data["nextAttemptAt"] = MOMENT
    if noun == "quota":
        used = 800 if happened == "warning" else 1000
        data |= {"name": QuotaName.POSTS_PER_MONTH, "used": used, "limit": 1000, "left": 1000 - used}
        data = {name: value for name, value in data.items() if name != "accountId"} | {"resetsAt": MOMENT}
    if noun == "endpoint":
        data |= {"reason": "failing", "url": "https://example.com/hook", "lastFailureReason": "HTTP 500"}
    names = {"createdAt": MOMENT, "organizationId": KNOWN["organizationId"], "data": data}
    return {"id": KNOWN["eventId"], "type": event_type, **names}


def _signatures(event_type: str) -> Iterator[dict[str, Any]]:
    for name, example, meaning in (
        ("webhook-id", KNOWN["eventId"], "The event's id: the same at every try."),
        ("webhook-timestamp", "1796115600", "When this try was signed, in Unix seconds."),
        ("webhook-signature", "v1,<base64>", "Standard Webhooks: HMAC-SHA256 over id, timestamp and body."),
        ("X-Letmepost-Signature", "t=1796115600,v1=<hex>", "HMAC-SHA256 over timestamp and body."),
        ("X-Letmepost-Event", event_type, "The event's type."),
        ("X-Letmepost-Delivery", KNOWN["deliveryId"], "This delivery: the same at every try."),
    ):
        yield {
            "name": name,
            "in": "header",
            "required": True,
            "description": meaning,
            "schema": {"type": "string"},
            "example": example,
        }
