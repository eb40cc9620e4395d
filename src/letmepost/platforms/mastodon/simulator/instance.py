"""The server's description, in both versions of the API.

Source: https://docs.joinmastodon.org/entities/Instance/ and /entities/V1_Instance/ (checked 2026-11-29).
"""

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.mastodon.simulator import media
from letmepost.platforms.mastodon.simulator.accounts import SERVER, scenario_of
from letmepost.platforms.mastodon.simulator.oauth import authenticate
from letmepost.platforms.mastodon.simulator.polls import ANSWER, ANSWERS, LONGEST_S, SHORTEST_S
from letmepost.platforms.mastodon.simulator.scenarios import SCENARIOS
from letmepost.platforms.mastodon.simulator.wire import Refused
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_TYPES = [
    *(f"image/{name}" for name in ("jpeg", "png", "gif", "heic", "heif", "webp", "avif")),
    *(f"video/{name}" for name in ("webm", "mp4", "quicktime", "ogg")),
    *(f"audio/{name}" for name in ("ogg", "mpeg", "mp4")),
]
_MEDIA = {
    "supported_mime_types": _TYPES,
    "description_limit": media.DESCRIPTION,
    "image_size_limit": media.IMAGE_SIZE,
    "image_matrix_limit": media.IMAGE_MATRIX,
    "video_size_limit": media.VIDEO_SIZE,
    "video_frame_rate_limit": 120,
    "video_matrix_limit": 3840 * 2160,
}
_POLLS = {
    "max_options": ANSWERS,
    "max_characters_per_option": ANSWER,
    "min_expiration": SHORTEST_S,
    "max_expiration": LONGEST_S,
}


def show(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /api/v2/instance` and `/api/v1/instance`. No token is required; its account sets the limits."""
    try:
        characters = scenario_of(authenticate(state, call, "read:accounts")).characters
    except Refused:
        characters = SCENARIOS["ok"].characters
    statuses = {
        "max_characters": characters,
        "max_media_attachments": media.ATTACHMENTS,
        "characters_reserved_per_url": 23,
    }
    is_second = call.path.startswith("/api/v2/")
    own = {"domain": SERVER, "api_versions": {"mastodon": 7}} if is_second else {"uri": SERVER}
    described = {
        **own,
        "title": "Sandbox",
        "version": "4.5.0",
        "languages": ["en"],
        "configuration": {"statuses": statuses, "media_attachments": _MEDIA, "polls": _POLLS},
    }
    return json_reply(described)
