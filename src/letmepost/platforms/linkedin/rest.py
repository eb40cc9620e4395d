"""The calls of LinkedIn's API: versioned resources under `/rest`, older ones under `/v2`, consent on another host.

https://learn.microsoft.com/linkedin/marketing/versioning and
https://learn.microsoft.com/linkedin/shared/api-guide/concepts/protocol-version (checked 2026-11-22).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url, is_on_domain, upload_file
from letmepost.platforms._kit.drafts import COMMENT_STEP, POST_STEP
from letmepost.platforms._kit.fields import objects_in
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_post

# An upload URL states how long it is valid: hours, at least. With an hour, a retry of a post repeats no uploads.
_UPLOAD_VALID_FOR_S = 3600.0


def in_path(urn: str) -> str:
    """Return a URN as part of a path."""
    return quote(urn, safe="")


def versioned(settings: LinkedInSettings, path: str, *, method: str | None = None) -> Mapping[str, Any]:
    """Return the common arguments of calls to a versioned resource. `method` is Rest.li's, if HTTP's is ambiguous."""
    headers = {"LinkedIn-Version": settings.api_version, "X-Restli-Protocol-Version": "2.0.0"}
    if method is not None:
        headers["X-RestLi-Method"] = method
    return {"url": f"{base_url(settings.api_url)}/rest/{path}", "headers": headers}


def create_post(settings: LinkedInSettings, post: Mapping[str, Any]) -> Call:
    """Return a call that creates a post. The response has no body: only a header contains the URN."""
    return Call(
        method="POST",
        **versioned(settings, "posts"),
        json=post,
        effect=Effect.PUBLISH,
        step=POST_STEP,
        timeout_s=30.0,
    )


def created_urn(reply: Reply) -> str | None:
    """Return the URN of the created post in a reply, or None without one."""
    urns = (reply.headers.get(name) for name in ("x-restli-id", "x-linkedin-id"))
    return next((urn for urn in urns if is_post(urn)), None)


def delete_post(settings: LinkedInSettings, urn: str) -> Call:
    """Return a deletion of a post. Deleting a post that does not exist succeeds."""
    call = versioned(settings, f"posts/{in_path(urn)}", method="DELETE")
    return Call(method="DELETE", **call, effect=Effect.WRITE)


def list_posts(settings: LinkedInSettings, author: str) -> Call:
    """Return a read of the latest posts of an organization. Posts of members cannot be read."""
    query = (("q", "author"), ("author", author), ("count", "10"), ("sortBy", "LAST_MODIFIED"))
    return Call(method="GET", **versioned(settings, "posts", method="FINDER"), query=query)


def create_comment(settings: LinkedInSettings, urn: str, actor: str, text: str) -> Call:
    """Return a call that comments on a post. The text is plain, not little text."""
    return Call(
        method="POST",
        **versioned(settings, f"socialActions/{in_path(urn)}/comments"),
        json={"actor": actor, "object": urn, "message": {"text": text}},
        effect=Effect.PUBLISH,
        step=COMMENT_STEP,
    )


def list_comments(settings: LinkedInSettings, urn: str) -> Call:
    """Return a read of the latest comments on a post."""
    call = versioned(settings, f"socialActions/{in_path(urn)}/comments")
    return Call(method="GET", **call, query=(("start", "0"), ("count", "10")))


def begin_upload(settings: LinkedInSettings, kind: str, owner: str, *, step: str) -> Call:
    """Return a request for an upload URL of a media item. `kind` is the resource: `images` or `documents`."""
    call = versioned(settings, kind)
    return Call(
        method="POST",
        **call,
        query=(("action", "initializeUpload"),),
        json={"initializeUploadRequest": {"owner": owner}},
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_UPLOAD_VALID_FOR_S,
    )


def is_upload_url(url: str, settings: LinkedInSettings) -> bool:
    """Return True if an upload URL is on LinkedIn's domain: the account's token is sent there."""
    domain = (settings.web_url.host or "").removeprefix("www.")
    return is_on_domain(url, domain, settings.web_url.scheme)


def send_bytes(url: str, item: MediaItem, *, step: str) -> Call:
    """Return an upload of a media item to the URL that LinkedIn returned for it."""
    return upload_file(url, item, method="PUT", step=step)


def begin_video(
    settings: LinkedInSettings, owner: str, size_bytes: int, *, has_captions: bool, has_thumbnail: bool, step: str
) -> Call:
    """Return a request for the upload URLs of a video.

    Its reply has no time limit here: a video stays usable after its upload, and an expired URL is refused.
    """
    request = {
        "owner": owner,
        "fileSizeBytes": size_bytes,
        "uploadCaptions": has_captions,
        "uploadThumbnail": has_thumbnail,
    }
    return _video_action(settings, "initializeUpload", request, step=step)


def send_captions(url: str, captions: str, *, step: str) -> Call:
    """Return an upload of captions to the URL that LinkedIn returned for them."""
    headers = {"Content-Type": "application/octet-stream"}
    return Call(method="PUT", url=url, headers=headers, body=captions.encode(), effect=Effect.PREPARE, step=step)


def finalize_video(settings: LinkedInSettings, urn: str, token: str, part_ids: Sequence[str], *, step: str) -> Call:
    """Return the end of an upload of a video. `part_ids`: the ETags of its parts, in their order."""
    request = {"video": urn, "uploadToken": token, "uploadedPartIds": list(part_ids)}
    return _video_action(settings, "finalizeUpload", request, step=step)


def read_video(settings: LinkedInSettings, urn: str) -> Call:
    """Return a read of the state of a video, which its owner may read too."""
    return read(settings, f"videos/{in_path(urn)}")


def _video_action(settings: LinkedInSettings, action: str, request: Mapping[str, Any], *, step: str) -> Call:
    return Call(
        method="POST",
        **versioned(settings, "videos"),
        query=(("action", action),),
        json={f"{action}Request": request},
        effect=Effect.PREPARE,
        step=step,
    )


def read(settings: LinkedInSettings, path: str, *query: tuple[str, str], method: str | None = None) -> Call:
    """Return a read of a versioned resource."""
    return Call(method="GET", **versioned(settings, path, method=method), query=query)


def user_info(settings: LinkedInSettings) -> Call:
    """Return a read of the token's member (OpenID Connect; not versioned)."""
    return Call(method="GET", url=f"{base_url(settings.api_url)}/v2/userinfo")


def app_call(
    settings: LinkedInSettings, path: str, form: Mapping[str, str], *, effect: Effect = Effect.WRITE, auth: Auth
) -> Call:
    """Return a call of the authorization server as the deployment's app: its secret is in the form, not in a header."""
    url = f"{base_url(settings.web_url)}/oauth/v2/{path}"
    return oauth.app_call(url, form, app=settings, method="client_secret_post", effect=effect, auth=auth)


def elements(reply: Reply) -> Sequence[Mapping[str, Any]]:
    """Return the elements of the list in a reply."""
    return objects_in(reply.data(), "elements")
