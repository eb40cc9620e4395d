"""Converts a draft to the body of the call that creates a post on X."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from letmepost.platforms._kit.drafts import Draft
from letmepost.platforms.twitter.options import TwitterOptions

Json: TypeAlias = Mapping[str, Any]


def post_body(draft: Draft, options: TwitterOptions, media_ids: Mapping[int, str], parent: str | None) -> Json:
    """Return the body of the create call. The text is always sent, even if it is empty.

    Args:
        media_ids: X's id of each upload, by its number.
        parent: the id of the post to reply to.
    """
    body: dict[str, Any] = {"text": draft.text}
    if options.made_with_ai and not draft.is_comment:
        body["made_with_ai"] = True
    if draft.is_first:
        body |= _first_post_fields(options)
    if draft.media:
        body["media"] = {"media_ids": [media_ids[upload.number] for upload in draft.uploads()]}
    if parent is not None:
        body["reply"] = {"in_reply_to_tweet_id": parent}
    return body


def _first_post_fields(options: TwitterOptions) -> Json:
    fields: dict[str, Any] = {}
    if options.quote_tweet_id is not None:
        fields["quote_tweet_id"] = options.quote_tweet_id
    if options.reply_settings != "everyone":
        fields["reply_settings"] = options.reply_settings
    if options.poll is not None:
        fields["poll"] = {"options": list(options.poll.options), "duration_minutes": options.poll.duration_minutes}
    return fields
