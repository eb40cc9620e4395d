"""Channels, and the calls that have the token of one. Source: fact sheet sections 1.2, 1.5 and 6."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, Token, find_token, token_status
from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.routes import Handler
from letmepost.platforms._kit.simulator.scenarios import check_scenario, refuse_attempt, withdraw_permission
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.youtube.simulator import quota
from letmepost.platforms.youtube.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.youtube.simulator.wire import (
    YouTubeError,
    forbidden,
    format_time,
    missing,
    next_number,
    page,
    parts_in,
    resource,
)

SCOPE_PREFIX = "https://www.googleapis.com/auth/"
_PARTS = frozenset({"id", "snippet", "contentDetails", "status", "statistics"})


class Channel(TypedDict):
    """A channel of the Google account `user`. `key` is what the ids of the channel and of its uploads share."""

    id: str
    number: int
    key: str
    user: str
    title: str
    scenario: str
    made_at: float


class Playlist(TypedDict):
    """A playlist of a channel."""

    id: str
    channel: str
    number: int
    title: str
    privacy: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An authorized call."""

    state: State
    call: SimulatedCall
    channel: Channel

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of the channel."""
        return SCENARIOS[self.channel["scenario"]]

    @property
    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self.call.now.timestamp()

    def parameter(self, name: str) -> str:
        """Return a required parameter of the query.

        Raises:
            YouTubeError: it is missing.
        """
        value = dict(self.call.query).get(name)
        if not value:
            raise missing(name)
        return value

    def refuse_attempt(self, *, shows_post: bool = False, is_upload: bool = False) -> None:
        """Count a write, and raise the scenario's refusal of it."""
        refuse_attempt(
            self.state, self.channel["id"], self.scenario, self.call.now, shows_post=shows_post, is_upload=is_upload
        )


def create_channel(state: State, scenario: str, now: datetime, entropy: bytes, *, user: str | None = None) -> str:
    """Create a channel with a playlist, in a Google account of its own unless `user` is one. Return its id."""
    check_scenario(SCENARIOS, scenario)
    key = letters(entropy, "channel", 22)
    number = next_number(state)
    channel = Channel(
        id=f"UC{key}",
        number=number,
        key=key,
        user=user or str(100_000_000_000_000_000_000 + number),
        title=f"Sandbox channel {number}",
        scenario=scenario,
        made_at=now.timestamp(),
    )
    state[f"channel/{channel['id']}"] = channel
    add_playlist(state, channel, now.timestamp(), entropy, title="Playlist 1")
    return channel["id"]


def add_playlist(
    state: State, channel: Channel, now: float, entropy: bytes, *, title: str, privacy: str = "public"
) -> Playlist:
    """Create a playlist."""
    playlist = Playlist(
        id=f"PL{letters(entropy, 'playlist', 32)}",
        channel=channel["id"],
        number=next_number(state),
        title=title,
        privacy=privacy,
        made_at=now,
    )
    state[f"playlist/{playlist['id']}"] = playlist
    return playlist


def channels_of(state: State) -> list[Channel]:
    """Return every channel, oldest first."""
    found: list[Channel] = [state[key] for key in state if key.startswith("channel/")]
    return sorted(found, key=lambda channel: channel["number"])


def signed(
    handler: Callable[[Request], SimulatedReply], scopes: tuple[str, ...], *, units: int, bucket: str = "units"
) -> Handler:
    """Return the handler of calls with a token that has one of the scopes, and what such a call costs."""

    def handle(state: State, call: SimulatedCall) -> SimulatedReply:
        token, channel = authenticate(state, call)
        quota.spend(state, bucket, units, call.now)
        if not {f"{SCOPE_PREFIX}{scope}" for scope in scopes} & set(token["scopes"]):
            raise _insufficient()
        request = Request(state=state, call=call, channel=channel)
        if handler is not list_channels:
            _require_channel(request)
            _require_quota(request, bucket)
        return handler(request)

    return handle


def authenticate(state: State, call: SimulatedCall) -> tuple[Token, Channel]:
    """Return the token of a call, and its channel.

    Raises:
        YouTubeError: 401, the token is missing or not valid.
    """
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        where = {"location": "Authorization", "locationType": "header"}
        raise YouTubeError(401, "authError", "Invalid Credentials", location=where)
    channel: Channel = state[f"channel/{token['account_id']}"]
    return token, channel


def list_channels(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/channels`. In the scenario `auth_revoked`, the permission is withdrawn after this read."""
    wanted = parts_in(request.call, _PARTS)
    query = dict(request.call.query)
    if query.get("mine") == "true":
        found = [request.channel]
    else:
        ids = request.parameter("id").split(",")
        found = [channel for channel in channels_of(request.state) if channel["id"] in ids]
    rows = [
        resource("channel", _show(channel, request.call), wanted) for channel in found if _scenario(channel).has_channel
    ]
    reply = page(request.call, "channelListResponse", rows, default=5, most=50)
    if request.scenario.revoked:
        withdraw_permission(request.state, request.channel["id"])
    return reply


def _scenario(channel: Channel) -> Scenario:
    return SCENARIOS[channel["scenario"]]


def _show(channel: Channel, call: SimulatedCall) -> dict[str, object]:
    thumbnails = {"default": {"url": picture_url(call), "width": 88, "height": 88}}
    return {
        "id": channel["id"],
        "snippet": {
            "title": channel["title"],
            "description": "",
            "customUrl": f"@sandbox-{channel['key'][:8]}",
            "publishedAt": format_time(channel["made_at"]),
            "thumbnails": thumbnails,
            "localized": {"title": channel["title"], "description": ""},
        },
        "contentDetails": {"relatedPlaylists": {"likes": "LL", "uploads": f"UU{channel['key']}"}},
        "statistics": {"viewCount": "0", "subscriberCount": "0", "hiddenSubscriberCount": False, "videoCount": "0"},
        "status": {
            "privacyStatus": "public",
            "isLinked": True,
            "longUploadsStatus": _scenario(channel).long_uploads,
            "madeForKids": False,
        },
    }


def _require_channel(request: Request) -> None:
    if not request.scenario.has_channel:
        where = {"location": "Authorization", "locationType": "header"}
        raise YouTubeError(401, "youtubeSignupRequired", "Unauthorized", domain="youtube.header", location=where)


def _require_quota(request: Request, bucket: str) -> None:
    if request.scenario.exhausted == bucket and quota.is_same_day(request.channel["made_at"], request.now):
        raise quota.exhausted(bucket)


def _insufficient() -> YouTubeError:
    details = {
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "youtube.googleapis.com"},
    }
    message = "Request had insufficient authentication scopes."
    return YouTubeError(403, "insufficientPermissions", message, details=details)


def require_own(request: Request, owner: str, what: str) -> None:
    """Raise `YouTubeError` if an object belongs to another channel."""
    if owner != request.channel["id"]:
        raise forbidden(f"The {what} belongs to another channel.")
