"""What X charges for calls, in millionths of a US dollar.

Source: https://docs.x.com/x-api/getting-started/pricing, the list of 2026-04-20 (checked 2026-11-29). Uploads have no
price, and a read of posts costs as much as the posts that it returns.
"""

from collections.abc import Sequence

from letmepost.domain.costs import Cost
from letmepost.domain.flow import Call
from letmepost.platforms._kit.drafts import drafts_of
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import create_post, describe_media, is_create, root
from letmepost.platforms.twitter.drafts import post_body
from letmepost.platforms.twitter.links import find_links
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.settings import TwitterSettings

UNIT = "micro_usd"
_CREATE = 15_000
_CREATE_WITH_LINK = 200_000
_DELETE = 10_000
_READ_USER = 10_000
_DESCRIBE_MEDIA = 5_000


def costs(call: Call) -> Cost | None:
    """Return what X charges for a call; None if it has no fixed price."""
    if is_create(call):
        has_link = any(find_links(str((call.json or {}).get("text"))))
        return Cost(UNIT, _CREATE_WITH_LINK if has_link else _CREATE)
    if call.method == "DELETE":
        return Cost(UNIT, _DELETE)
    if call.url.endswith("/users/me"):
        return Cost(UNIT, _READ_USER)
    return Cost(UNIT, _DESCRIBE_MEDIA) if call.url.endswith("/media/metadata") else None


def priced_calls(post: ReadyPost, settings: TwitterSettings) -> Sequence[Call]:
    """Return the calls of a publication that X charges for, without the ids of other posts and of media items."""
    options, server = TwitterOptions.model_validate(post.content.options), root(settings)
    calls = []
    for draft in drafts_of(post.content):
        no_ids = dict.fromkeys((upload.number for upload in draft.uploads()), "")
        calls.append(create_post(server, post_body(draft, options, no_ids, None), step=draft.step))
        described = [upload for upload in draft.uploads() if upload.item.alt_text]
        calls += [describe_media(server, "", one.item.alt_text or "", step=f"{one.step}-alt") for one in described]
    return calls
