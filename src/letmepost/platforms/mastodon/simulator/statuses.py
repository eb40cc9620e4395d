"""Statuses: created once per key, read, listed, and deleted.

Source: https://docs.joinmastodon.org/methods/statuses/ and app/services/post_status_service.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from typing import Any, TypedDict

from letmepost.platforms.contract import SimulatedCall, SimulatedPost, SimulatedReply, State
from letmepost.platforms.mastodon.simulator import media, polls, text
from letmepost.platforms.mastodon.simulator.people import Person, account_entity, app_of, scenario_of
from letmepost.platforms.mastodon.simulator.wire import (
    Parameters,
    Refused,
    invalid,
    iso,
    json_reply,
    next_id,
    not_found,
)

KEY_LIFETIME_S = 3600.0
_PAGE = 20
_PAGE_MAX = 40
_VISIBILITIES = ("public", "unlisted", "private", "direct")


class Status(TypedDict):
    """A visible status."""

    id: str
    person: str
    made_at: float
    text: str
    spoiler_text: str
    visibility: str
    sensitive: bool
    language: str | None
    reply_to: str | None
    quoted: str | None
    media: list[str]
    poll: polls.Poll | None
    app: dict[str, Any] | None


def create(state: State, call: SimulatedCall, person: Person) -> tuple[Status, bool]:
    """Create a status, or return the one of an earlier request with the same key, and whether it is new."""
    scenario, key = scenario_of(person), call.headers.get("idempotency-key", "")
    given, stored = Parameters.of(call), f"idempotency/{person['id']}/{key}"
    if given.text("scheduled_at") is not None:
        raise Refused(422, "The sandbox does not schedule statuses")
    seen = None if not key or scenario.ignores_keys else state.get(stored)
    if seen is not None and call.now.timestamp() < seen["until"]:
        if scenario.fails_on_repeat:
            raise Refused(500, "An unexpected error occurred")
        return own(state, person, seen["status"]), False
    status = _read(state, call, person, given)
    state[f"status/{status['id']}"] = status
    for media_id in status["media"]:
        state[f"media/{media_id}"] = {**state[f"media/{media_id}"], "status": status["id"]}
    if key and not scenario.proxy_gives_up:
        state[stored] = {"status": status["id"], "until": call.now.timestamp() + KEY_LIFETIME_S}
    return status, True


def show(state: State, call: SimulatedCall, person: Person, status_id: str) -> SimulatedReply:
    """`GET /api/v1/statuses/:id`."""
    return json_reply(entity(state, _visible(state, person, status_id), call))


def context(state: State, call: SimulatedCall, person: Person, status_id: str) -> SimulatedReply:
    """`GET /api/v1/statuses/:id/context`: the statuses that it replies to, and the replies."""
    status: Status | None = _visible(state, person, status_id)
    above: list[Status] = []
    while status is not None and status["reply_to"] is not None:
        status = find(state, status["reply_to"])
        above = [status, *above] if status is not None else above
    known = {status_id}
    below = []
    for one in _all(state):
        if one["reply_to"] in known and _is_visible(one, person):
            known.add(one["id"])
            below.append(one)
    shown = {"ancestors": above, "descendants": below}
    return json_reply({name: [entity(state, one, call) for one in rows] for name, rows in shown.items()})


def list_own(state: State, call: SimulatedCall, person: Person, account_id: str) -> SimulatedReply:
    """`GET /api/v1/accounts/:id/statuses`, newest first. To its owner, an account shows every status."""
    given = Parameters.of(call)
    limit, max_id = given.text("limit") or str(_PAGE), given.text("max_id")
    rows = [
        one
        for one in reversed(_all(state))
        if one["person"] == account_id
        and _is_visible(one, person)
        and (max_id is None or not max_id.isdecimal() or int(one["id"]) < int(max_id))
    ][: min(int(limit), _PAGE_MAX) if limit.isdecimal() else _PAGE]
    older = f"{call.root}{call.path}?max_id={rows[-1]['id']}" if rows else ""
    link = {"link": f'<{older}>; rel="next"'} if rows else {}
    return json_reply([entity(state, one, call) for one in rows], headers=link)


def delete(state: State, call: SimulatedCall, person: Person, status_id: str) -> SimulatedReply:
    """`DELETE /api/v1/statuses/:id`."""
    status = own(state, person, status_id)
    shown = {**entity(state, status, call), "text": status["text"]}
    del state[f"status/{status_id}"]
    return json_reply(shown)


def show_poll(state: State, call: SimulatedCall, _person: Person, poll_id: str) -> SimulatedReply:
    """`GET /api/v1/polls/:id`."""
    found = next((one["poll"] for one in _all(state) if one["poll"] is not None and one["poll"]["id"] == poll_id), None)
    if found is None:
        raise not_found()
    return json_reply(polls.entity(found, call.now))


def find(state: State, status_id: str) -> Status | None:
    """Return a status, or None if there is none."""
    status: Status | None = state.get(f"status/{status_id}")
    return status


def own(state: State, person: Person, status_id: str) -> Status:
    """Return a status of the account."""
    status = find(state, status_id)
    if status is None or status["person"] != person["id"]:
        raise not_found()
    return status


def entity(state: State, status: Status, call: SimulatedCall) -> dict[str, Any]:
    """Return a status as the API shows it to its author."""
    person: Person = state[f"person/{status['person']}"]
    parent = find(state, status["reply_to"] or "")
    quoted = find(state, status["quoted"] or "")
    quote = None if quoted is None else {"state": "accepted", "quoted_status": entity(state, quoted, call)}
    name = person["username"]
    return {
        "id": status["id"],
        "created_at": iso(status["made_at"]),
        "edited_at": None,
        "in_reply_to_id": status["reply_to"],
        "in_reply_to_account_id": None if parent is None else parent["person"],
        **{field: status[field] for field in ("sensitive", "spoiler_text", "visibility", "language")},
        "uri": f"{call.root}/users/{name}/statuses/{status['id']}",
        "url": f"{call.root}/@{name}/{status['id']}",
        **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), 0),
        **dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked", "pinned"), False),
        **dict.fromkeys(("reblog", "card"), None),
        **{field: [] for field in ("filtered", "mentions", "tags", "emojis")},
        "content": text.as_html(status["text"]),
        "application": status["app"],
        "account": account_entity(person, call.root),
        "media_attachments": [media.entity(state[f"media/{one}"], call.root, call.now) for one in status["media"]],
        "poll": None if status["poll"] is None else polls.entity(status["poll"], call.now),
        "quote": quote,
        "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "automatic"},
    }


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible status, including replies, in the order in which they appeared."""
    return [
        SimulatedPost(
            uri=status["id"],
            account_id=status["person"],
            text=status["text"],
            created_at=iso(status["made_at"]),
            reply_to=status["reply_to"],
            record={
                **{name: value for name, value in status.items() if name not in {"id", "person", "made_at", "app"}},
                "media": [_media_record(state[f"media/{one}"]) for one in status["media"]],
            },
        )
        for status in _all(state)
    ]


def _visible(state: State, person: Person, status_id: str) -> Status:
    status = find(state, status_id)
    if status is None or not _is_visible(status, person):
        raise not_found()
    return status


def _is_visible(status: Status, person: Person) -> bool:
    return status["person"] == person["id"] or status["visibility"] in {"public", "unlisted"}


def _read(state: State, call: SimulatedCall, person: Person, given: Parameters) -> Status:
    """Return the status that a request describes, after the checks of the server."""
    attached = media.attachable(state, call.now, person, given.texts("media_ids"))
    poll = polls.read(given, next_id(state, call.now), call.now)
    if poll is not None and attached:
        raise invalid("Cannot attach a poll to a status with media")
    body, warning = given.text("status") or "", given.text("spoiler_text") or ""
    if not body.strip() and warning and not given.text("quoted_status_id"):
        body, warning = warning, ""
    if not body.strip() and not attached:
        raise invalid("Text can't be blank")
    limit = scenario_of(person).characters
    if text.count(body, warning) > limit:
        raise invalid(f"Text character limit of {limit} exceeded")
    visibility = given.text("visibility") or "public"
    if visibility not in _VISIBILITIES:
        raise Refused(422, "Validation failed: Visibility is not included in the list")
    return Status(
        id=next_id(state, call.now),
        person=person["id"],
        made_at=call.now.timestamp(),
        text=body,
        spoiler_text=warning,
        visibility=visibility,
        sensitive=given.flag("sensitive") or bool(warning),
        language=given.text("language") or "en",
        reply_to=_reference(
            state, given, "in_reply_to_id", "The post you are trying to reply to does not appear to exist."
        ),
        quoted=_reference(state, given, "quoted_status_id", "Record not found"),
        media=[one["id"] for one in attached],
        poll=poll,
        app=dict(app_of(state, call) or {}) or None,
    )


def _reference(state: State, given: Parameters, name: str, problem: str) -> str | None:
    status_id = given.text(name)
    if status_id is not None and find(state, status_id) is None:
        raise Refused(404, problem)
    return status_id


def _media_record(item: media.Media) -> dict[str, Any]:
    return {"type": item["type"], "description": item["description"], "focus": item["focus"]}


def _all(state: State) -> list[Status]:
    found: list[Status] = [state[key] for key in state if key.startswith("status/")]
    return sorted(found, key=lambda one: int(one["id"]))
