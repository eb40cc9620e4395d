"""The account of a token, and what it allows. Source: fact sheet sections 1.5 and 2.1."""

from letmepost.platforms._kit.simulator.pages import account_url, picture_url
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.tiktok.simulator.accounts import disabled_interactions, make_private, privacy_levels_of
from letmepost.platforms.tiktok.simulator.caps import used_up_cap
from letmepost.platforms.tiktok.simulator.endpoint import Request
from letmepost.platforms.tiktok.simulator.oauth import check_scope
from letmepost.platforms.tiktok.simulator.wire import TikTokError, data_reply, invalid

_BASIC = ("open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name")
_PROFILE = ("username", "bio_description", "profile_deep_link", "profile_web_link", "is_verified")
_STATS = ("follower_count", "following_count", "likes_count", "video_count")
_SCOPES = {
    **dict.fromkeys(_BASIC, "user.info.basic"),
    **dict.fromkeys(_PROFILE, "user.info.profile"),
    **dict.fromkeys(_STATS, "user.info.stats"),
}


def user_info(request: Request) -> SimulatedReply:
    """`GET /v2/user/info/`. A field beyond the granted scopes fails the whole call."""
    fields = [name for name in dict(request.call.query).get("fields", "").split(",") if name]
    if not fields or not set(fields) <= set(_SCOPES):
        raise invalid("Fields is required, and must be fields of the user object.")
    for name in fields:
        check_scope(request.token, _SCOPES[name])
    account = request.account
    values = {
        **dict.fromkeys(_STATS, 0),
        "open_id": account["id"],
        "union_id": account["union_id"],
        **dict.fromkeys(("avatar_url", "avatar_url_100", "avatar_large_url"), picture_url(request.call)),
        "display_name": f"Sandbox account, scenario {account['scenario']}",
        "username": account["username"],
        "bio_description": "",
        **dict.fromkeys(("profile_deep_link", "profile_web_link"), account_url(request.call, account["id"])),
        "is_verified": False,
    }
    return data_reply({"user": {name: values[name] for name in fields}})


def creator_info(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/creator_info/query/`. A used-up cap is reported with the status 200."""
    account, scenario = request.account, request.scenario
    used_up = used_up_cap(request, is_direct=True)
    if used_up is not None and (scenario.ban is None or scenario.is_ban_shown):
        raise TikTokError(200, used_up.code, used_up.message)
    disabled = disabled_interactions(account)
    reply = data_reply(
        {
            "creator_avatar_url": picture_url(request.call),
            "creator_username": account["username"],
            "creator_nickname": f"Sandbox account, scenario {account['scenario']}",
            "privacy_level_options": list(privacy_levels_of(account)),
            "comment_disabled": "comment" in disabled,
            "duet_disabled": "duet" in disabled,
            "stitch_disabled": "stitch" in disabled,
            "max_video_post_duration_sec": scenario.max_duration_s,
        }
    )
    if scenario.turns_private:
        make_private(request.state, account)
    return reply
