"""Converts a draft to the body of the call that creates a status."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from letmepost.platforms._kit.drafts import Draft
from letmepost.platforms.mastodon.options import MastodonOptions, MastodonPoll

Json: TypeAlias = Mapping[str, Any]


def status_body(draft: Draft, options: MastodonOptions, media_ids: Mapping[int, str], parent: str | None) -> Json:
    """Return the body of the create call. It never contains `scheduled_at`, which disables the idempotency key.

    Args:
        media_ids: the server's id of each upload, by its number.
        parent: the id of the status to reply to.
    """
    fields = {
        **{name: getattr(options, name) for name in ("visibility", "spoiler_text", "sensitive", "language")},
        **(_first_post_fields(options) if draft.is_first else {}),
        "media_ids": [media_ids[upload.number] for upload in draft.uploads()] or None,
        "in_reply_to_id": parent,
    }
    return {"status": draft.text, **{name: value for name, value in fields.items() if value is not None}}


def _first_post_fields(options: MastodonOptions) -> Json:
    poll = None if options.poll is None else _poll(options.poll)
    return {"poll": poll, "quoted_status_id": options.quoted_status_id}


def _poll(poll: MastodonPoll) -> Json:
    return {
        "options": list(poll.options),
        "expires_in": poll.duration_s,
        "multiple": poll.multiple,
        "hide_totals": poll.hide_totals,
    }
