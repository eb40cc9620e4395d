"""Publishes a post: its media first, then the post, then its first comment."""

from letmepost.domain.errors import GaveUp
from letmepost.domain.flow import Call, Extra, Flow, Live, Pause, Reply, Warn
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin import refusals
from letmepost.platforms.linkedin.contents import post_body, uploads
from letmepost.platforms.linkedin.media import upload_media
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.replies import explain, is_temporary, is_unknown_yet
from letmepost.platforms.linkedin.rest import base, create_comment, create_post, created_urn
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization

# Each try counts toward the member's daily limit. Waiting is not a failure: LinkedIn is available.
_UNTIL_READY = Pause("ready", seconds=10.0, give_up_after_s=300.0)
_UNTIL_KNOWN = Pause("known", seconds=5.0, give_up_after_s=60.0)


def publish(post: ReadyPost, settings: LinkedInSettings) -> Flow[None]:
    """Publish a post with its first comment."""
    options = LinkedInOptions.model_validate(post.content.options)
    author = _author(post, options)
    assets = yield from upload_media(author, uploads(post.content), settings)
    call = create_post(settings, post_body(author, post.content, options, assets))
    reply = yield call
    urn = yield from _published(call, reply)
    yield Live(uri=urn, url=f"{base(settings.web_url)}/feed/update/{urn}/")
    if post.content.first_comment is not None:
        yield from _comment(create_comment(settings, urn, author, post.content.first_comment))


def _author(post: ReadyPost, options: LinkedInOptions) -> str:
    """Return the author of the post: the account, or a page that its member administered when they consented."""
    author = options.author or post.account.platform_account_id
    if author not in post.account.data["authors"]:
        raise refusals.AUTHOR_UNRESOLVED(author=author)
    if is_organization(author) and options.visibility == "CONNECTIONS":
        raise refusals.AUTHOR_WITHOUT_CONNECTIONS()
    return author


def _published(call: Call, reply: Reply) -> Flow[str]:
    """Return the URN of the published post. Wait if LinkedIn is not ready for it.

    Raises:
        PlatformFailure: in_doubt for a success without a URN, else what the refusal means.
    """
    if not reply.ok and is_temporary(reply):
        yield from _wait(_UNTIL_READY, call, reply)
    urn = created_urn(reply) if reply.ok else None
    if urn is None:
        raise explain(call, reply)
    return urn


def _comment(call: Call) -> Flow[None]:
    """Comment on the post, or warn if LinkedIn refuses the comment permanently: the post itself is published."""
    reply = yield call
    if not reply.ok and is_unknown_yet(reply):
        yield from _wait(_UNTIL_KNOWN, call, reply)
    name = reply.data().get("$URN") or reply.data().get("commentUrn") or reply.headers.get("x-restli-id")
    if reply.ok and isinstance(name, str):
        yield Extra(name="firstComment", uri=name)
        return
    failure = explain(call, reply)
    if POLICIES[failure.kind].next is not Next.STOP:
        raise failure
    refused = refusals.FIRST_COMMENT_REFUSED
    yield Warn(refused.id, refused.describe(reason=failure.message))


def _wait(pause: Pause, call: Call, refused: Reply) -> Flow[None]:
    """Wait, and raise what the refusal means if the wait took too long."""
    try:
        yield pause
    except GaveUp as waited:
        raise explain(call, refused) from waited
