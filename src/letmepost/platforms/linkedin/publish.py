"""Publishes a post: its media first, then the post, then its first comment."""

from collections.abc import Sequence
from typing import TypeVar

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Pause
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.drafts import Draft, drafts_of
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import wait
from letmepost.platforms._kit.publishing import Posted, publish_drafts
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin import refusals
from letmepost.platforms.linkedin.contents import post_body, uploads_of
from letmepost.platforms.linkedin.media import upload_media
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.replies import explain, is_temporary, is_unknown_yet
from letmepost.platforms.linkedin.rest import create_comment, create_post, created_urn
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization

T = TypeVar("T")

# Each try counts toward the member's daily limit. Waiting is not a failure: LinkedIn is available.
_UNTIL_READY = Pause("ready", seconds=10.0, give_up_after_s=300.0)
_UNTIL_KNOWN = Pause("known", seconds=5.0, give_up_after_s=60.0)


def publish(post: ReadyPost, settings: LinkedInSettings) -> Flow[None]:
    """Publish a post with its first comment."""
    options = LinkedInOptions.model_validate(post.content.options)
    author = _author(post, options)
    drafts = drafts_of(post.content)
    uploading = upload_media(author, uploads_of(drafts[0], post.content), options.captions, settings)
    assets = yield from _as_author(author, post, uploading)

    def put(draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
        if above:
            return _comment(create_comment(settings, above[0], author, draft.text))
        call = create_post(settings, post_body(author, draft, options, assets))
        return _as_author(author, post, _post(call, settings))

    yield from publish_drafts(drafts, put, refusals.FIRST_COMMENT_REFUSED)


def _author(post: ReadyPost, options: LinkedInOptions) -> str:
    """Return the author of the post: the account, or a page that its member administers.

    LinkedIn decides which pages those are: the stored list may be outdated. An account of a page has the token of a
    member, who may publish as others too, so that account is limited to its page here.
    """
    account_id = post.account.platform_account_id
    author = options.author or account_id
    if author != account_id and is_organization(account_id):
        raise refusals.AUTHOR_UNRESOLVED(author=author)
    return author


def _as_author(author: str, post: ReadyPost, flow: Flow[T]) -> Flow[T]:
    """Run a flow in the name of an author. If LinkedIn refuses another author than the account, name that author."""
    try:
        return (yield from flow)
    except PlatformFailure as failure:
        is_denied = (failure.response or {}).get("code") == "ACCESS_DENIED"
        if not is_denied or author == post.account.platform_account_id:
            raise
        raise refusals.AUTHOR_UNRESOLVED(author=author, response=failure.response) from failure


def _post(call: Call, settings: LinkedInSettings) -> Flow[Posted[str]]:
    """Create the post. Wait if LinkedIn is not ready for it.

    Raises:
        PlatformFailure: in_doubt for a success without a URN, else what the refusal means.
    """
    reply = yield call
    if not reply.ok and is_temporary(reply):
        yield from wait(_UNTIL_READY, explain(call, reply))
    urn = created_urn(reply) if reply.ok else None
    if urn is None:
        raise explain(call, reply)
    return Posted(reference=urn, uri=urn, url=f"{base_url(settings.web_url)}/feed/update/{urn}/")


def _comment(call: Call) -> Flow[Posted[str]]:
    """Comment on the post. Wait if LinkedIn does not know the post yet."""
    reply = yield call
    if not reply.ok and is_unknown_yet(reply):
        yield from wait(_UNTIL_KNOWN, explain(call, reply))
    named = reply.data()
    name = text_in(named, "$URN") or text_in(named, "commentUrn") or reply.headers.get("x-restli-id")
    if not reply.ok or name is None:
        raise explain(call, reply)
    return Posted(reference=name, uri=name)
