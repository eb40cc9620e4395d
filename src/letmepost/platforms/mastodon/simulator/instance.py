"""The server's description, in both versions of the API.

Source: https://docs.joinmastodon.org/entities/Instance/ and /entities/V1_Instance/ (checked 2026-11-29).
"""

from typing import Any

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.mastodon.simulator import media
from letmepost.platforms.mastodon.simulator.people import SERVER, authenticate, scenario_of
from letmepost.platforms.mastodon.simulator.polls import ANSWER, ANSWERS, LONGEST_S, SHORTEST_S
from letmepost.platforms.mastodon.simulator.scenarios import SCENARIOS
from letmepost.platforms.mastodon.simulator.wire import Refused, json_reply

_VERSION = "4.5.0"
_TYPES = [
    *(f"image/{name}" for name in ("jpeg", "png", "gif", "heic", "heif", "webp", "avif")),
    *(f"video/{name}" for name in ("webm", "mp4", "quicktime", "ogg")),
    *(f"audio/{name}" for name in ("ogg", "mpeg", "mp4")),
]


def show(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /api/v2/instance` and `/api/v1/instance`. No token is required; its account sets the limits."""
    try:
        characters = scenario_of(authenticate(state, call, None)).characters
    except Refused:
        characters = SCENARIOS["ok"].characters
    configuration = {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {"max_characters": characters, "max_media_attachments": 4, "characters_reserved_per_url": 23},
        "media_attachments": {
            "supported_mime_types": _TYPES,
            "description_limit": media.DESCRIPTION,
            "image_size_limit": media.IMAGE_SIZE,
            "image_matrix_limit": media.IMAGE_MATRIX,
            "video_size_limit": media.VIDEO_SIZE,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 3840 * 2160,
        },
        "polls": {
            "max_options": ANSWERS,
            "max_characters_per_option": ANSWER,
            "min_expiration": SHORTEST_S,
            "max_expiration": LONGEST_S,
        },
    }
    described = {"title": "Sandbox", "version": _VERSION, "languages": ["en"], "rules": [], "description": ""}
    own = _version_2(call.root, configuration) if "/v2/" in call.path else _version_1(call.root, configuration)
    return json_reply({**described, **own})


def _version_2(root: str, configuration: dict[str, Any]) -> dict[str, Any]:
    urls = {"streaming": root, "status": None, "about": f"{root}/about", "privacy_policy": None}
    more = {"urls": urls, "vapid": {"public_key": ""}, "translation": {"enabled": False}}
    return {
        "domain": SERVER,
        "source_url": "https://github.com/mastodon/mastodon",
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{root}/preview.png", "blurhash": None, "versions": {}},
        "icon": [],
        "configuration": {**more, **configuration},
        "registrations": {"enabled": False, "approval_required": False, "message": None, "url": None},
        "api_versions": {"mastodon": 7},
        "contact": {"email": "", "account": None},
    }


def _version_1(root: str, configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "uri": SERVER,
        "short_description": "",
        "email": "",
        "urls": {"streaming_api": root},
        "stats": {"user_count": 1, "status_count": 0, "domain_count": 0},
        "thumbnail": f"{root}/preview.png",
        **dict.fromkeys(("registrations", "approval_required", "invites_enabled"), False),
        "configuration": configuration,
        "contact_account": None,
    }
