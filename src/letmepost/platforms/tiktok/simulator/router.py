"""The routes of the simulator."""

from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms.simulation import SimulatedCall
from letmepost.platforms.tiktok.simulator import inits, status, uploads, users, videos
from letmepost.platforms.tiktok.simulator.endpoint import Endpoint, Handle
from letmepost.platforms.tiktok.simulator.oauth import AUTHORIZE, authorize, grant_tokens, revoke
from letmepost.platforms.tiktok.simulator.wire import TikTokError

_INITS, _CREATOR, _STATUS, _DISPLAY = 6, 20, 30, 600
_POSTING = ("video.publish", "video.upload")
_LIST = ("video.list",)


def _refuse_unknown(_call: SimulatedCall, _methods: Collection[str]) -> TikTokError:
    return TikTokError(404, "unsupported_path", "Unsupported path(Janus).")


def _call(
    path: str, handle: Handle, limit: int, *scopes: str, method: str = "POST", connects: bool = False
) -> tuple[str, str, Handler]:
    endpoint = Endpoint(name=path, handle=handle, limit=limit, scopes=scopes, connects=connects)
    return method, f"/v2/{path}/", endpoint.respond


answer = answer_by(
    (
        ("GET", AUTHORIZE, authorize),
        ("POST", "/v2/oauth/token/", grant_tokens),
        ("POST", "/v2/oauth/revoke/", revoke),
        _call("user/info", users.user_info, _DISPLAY, "user.info.basic", method="GET", connects=True),
        _call("post/publish/creator_info/query", users.creator_info, _CREATOR, "video.publish", connects=True),
        _call("post/publish/video/init", inits.init_video, _INITS, "video.publish"),
        _call("post/publish/inbox/video/init", inits.init_inbox_video, _INITS, "video.upload"),
        _call("post/publish/content/init", inits.init_photos, _INITS, *_POSTING),
        _call("post/publish/status/fetch", status.fetch, _STATUS, *_POSTING),
        _call("post/publish/cancel", status.cancel, _STATUS, *_POSTING),
        _call("video/list", videos.list_videos, _DISPLAY, *_LIST),
        _call("video/query", videos.query_videos, _DISPLAY, *_LIST),
        ("PUT", "/video/", uploads.upload),
    ),
    _refuse_unknown,
)
