"""The calls that create a publishing task. Source: fact sheet sections 2.2 to 2.5."""

from collections.abc import Mapping
from typing import Any, Literal

from letmepost.platforms._kit.simulator.files import no_bytes
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.tiktok.simulator.accounts import privacy_levels_of
from letmepost.platforms.tiktok.simulator.caps import used_up_cap
from letmepost.platforms.tiktok.simulator.endpoint import Request
from letmepost.platforms.tiktok.simulator.oauth import check_scope
from letmepost.platforms.tiktok.simulator.tasks import UPLOAD_URL_LIFETIME_S, Task, next_id, store
from letmepost.platforms.tiktok.simulator.validation import (
    check_photo_post,
    check_photos,
    check_upload,
    check_url,
    check_video_post,
)
from letmepost.platforms.tiktok.simulator.wire import TikTokError, data_reply, invalid, json_object, object_in

_SOURCES = ("FILE_UPLOAD", "PULL_FROM_URL")
_MODES = {"DIRECT_POST": "video.publish", "MEDIA_UPLOAD": "video.upload"}


def init_video(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/video/init/`."""
    given = json_object(request.call)
    post = object_in(given, "post_info")
    check_video_post(post)
    return _init_video(request, given, post, is_direct=True)


def init_inbox_video(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/inbox/video/init/`. A `post_info` is ignored."""
    return _init_video(request, json_object(request.call), {}, is_direct=False)


def init_photos(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/content/init/`."""
    given = json_object(request.call)
    mode = given.get("post_mode")
    if mode not in _MODES or given.get("media_type") != "PHOTO":
        raise invalid("media_type or post_mode is invalid.")
    check_scope(request.token, _MODES[mode])
    is_direct = mode == "DIRECT_POST"
    post, source = object_in(given, "post_info"), object_in(given, "source_info")
    check_photo_post(post, is_direct=is_direct)
    if source.get("source") != "PULL_FROM_URL":
        raise invalid("The source of photos must be PULL_FROM_URL.")
    photos = check_photos(source)
    if not is_direct and request.scenario.is_app_outdated:
        raise TikTokError(400, "app_version_check_failed", "The user's TikTok app version must be at least 31.8.")
    shown = {**post, "is_aigc": given.get("is_aigc", False), "photo_cover_index": source["photo_cover_index"]}
    task = _new_task(request, "photo", shown, is_direct=is_direct)
    is_stuck = not is_direct and request.scenario.needs_privacy and "privacy_level" not in post
    return _pull(request, {**task, "photos": photos, "is_stuck": is_stuck})


def _init_video(request: Request, given: Mapping[str, Any], post: dict[str, Any], *, is_direct: bool) -> SimulatedReply:
    source = object_in(given, "source_info")
    if source.get("source") not in _SOURCES:
        raise invalid("The source is invalid.")
    if source["source"] == "PULL_FROM_URL":
        check_url(source.get("video_url"))
        return _pull(request, _new_task(request, "video", post, is_direct=is_direct))
    size, chunk, count = check_upload(source, is_single=request.scenario.refuses_chunks)
    task = _new_task(request, "video", post, is_direct=is_direct, is_upload=True)
    return _upload(request, {**task, "size_bytes": size, "chunk_bytes": chunk, "chunk_count": count})


def _new_task(
    request: Request,
    kind: Literal["video", "photo"],
    post: dict[str, Any],
    *,
    is_direct: bool,
    is_upload: bool = False,
) -> Task:
    """Return a new task, if the account may have one now.

    Raises:
        TikTokError: the task is refused.
    """
    scenario, account = request.scenario, request.account
    refuse_attempt(request.state, account["id"], scenario, request.call.now, shows_post=not is_upload)
    if is_direct:
        _check_privacy(request, post["privacy_level"])
    used_up = used_up_cap(request, is_direct=is_direct)
    if used_up is not None:
        raise used_up
    failure = "internal" if is_upload else f"{kind}_pull_failed"
    return Task(
        id=f"{_prefix(kind, is_direct=is_direct, is_upload=is_upload)}.{next_id(request.state)}",
        account=account["id"],
        kind=kind,
        is_direct=is_direct,
        is_upload=is_upload,
        post=post,
        photos=[],
        size_bytes=0,
        chunk_bytes=0,
        chunk_count=0,
        file=no_bytes(),
        made_at=request.at,
        upload_until=request.at,
        complete_at=None if is_upload else request.at,
        fail_reason=failure if _happens_now(request, "task_fails") else scenario.fail_reason,
        is_stuck=False,
        post_id=next_id(request.state),
    )


def _check_privacy(request: Request, level: str) -> None:
    account, is_private = request.account, request.account["is_private"]
    if not request.scenario.is_audited and not (is_private and level == "SELF_ONLY"):
        message = (
            "Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/"
        )
        raise TikTokError(403, "unaudited_client_can_only_post_to_private_accounts", message)
    if level not in privacy_levels_of(account):
        message = "privacy_level is not specified or is not among the options of creator_info."
        raise TikTokError(403, "privacy_level_option_mismatch", message)


def _upload(request: Request, task: Task) -> SimulatedReply:
    """Store the task of a video that is uploaded, and return its upload URL."""
    number = next_id(request.state)
    lifetime_s = 0.0 if _happens_now(request, "url_expired") else UPLOAD_URL_LIFETIME_S
    store(request.state, {**task, "upload_until": request.at + lifetime_s})
    token = letters(request.call.entropy, "upload", 32)
    if not _happens_now(request, "upload_unknown"):
        request.state[f"upload/{number}"] = {"token": token, "task": task["id"]}
    url = f"{request.call.root}/video/?upload_id={number}&upload_token={token}"
    data = {"publish_id": task["id"], "upload_url": url}
    return data_reply(data, delay_s=request.scenario.delay_s, dropped=_happens_now(request, "init_lost"))


def _pull(request: Request, task: Task) -> SimulatedReply:
    """Store a task that fetches its media. The fetch begins now."""
    if not request.scenario.is_domain_verified:
        message = "Please review our URL ownership verification rules at the developer portal."
        raise TikTokError(403, "url_ownership_unverified", message)
    store(request.state, task)
    is_lost = request.scenario.loses_first_response and is_first_response(request.state, request.account["id"])
    return data_reply({"publish_id": task["id"]}, delay_s=request.scenario.delay_s, dropped=is_lost)


def _happens_now(request: Request, fault: str) -> bool:
    """Return True if the account's scenario has a fault that did not happen yet."""
    is_due = request.scenario.once == fault
    return is_due and is_first_response(request.state, f"{fault}/{request.account['id']}")


def _prefix(kind: str, *, is_direct: bool, is_upload: bool) -> str:
    place = "pub" if is_direct else "inbox"
    version = "v2-1" if is_direct and is_upload else "v2"
    return f"{kind[0]}_{place}_{'file' if is_upload else 'url'}~{version}"
