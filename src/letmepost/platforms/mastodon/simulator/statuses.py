"""Statuses: created once per key, read, listed, and deleted.

Source: https://docs.joinmastodon.org/methods/statuses/ and app/services/post_status_service.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.contract import SimulatedCall, SimulatedPost, SimulatedReply, State
from letmepost.platforms.mastodon.simulator import accounts, media, oauth, polls, text
from letmepost.platforms.mastodon.simulator.accounts import Account, scenario_of
from letmepost.platforms.mastodon.simulator.scenarios import failed
from letmepost.platforms.mastodon.simulator.wire import Parameters, Refused, invalid, iso, next_id, not_found

KEY_LIFETIME_S = 3600.0
_PAGE = 20
_PAGE_MAX = 40
_VISIBILITIES = ("public", "unlisted", "private", "direct")
_NO_PARENT = "The post you are trying to reply to does not appear to exist."


class Status(TypedDict):
    """A visible status."""

    id: str
    account: str
    made_at: float
    text: str
    spoiler_text: str
    visibility: str
    sensitive: bool
    language: str
    reply_to: str | None
    quoted: str | None
    media: list[str]
    poll: polls.Poll | None
    app: Mapping[str, Any] | None


def create(state: State, call: SimulatedCall, account: Account) -> SimulatedReply:
    """`POST /api/v1/statuses`. A repetition of a key within an hour returns the first status."""
    scenario, key = scenario_of(account), call.headers.get("idempotency-key", "")
    refuse_attempt(state, account["id"], scenario, call.now, shows_post=True)
    stored = f"idempotency/{account['id']}/{key}"
    seen = state.get(stored) if key and not scenario.ignores_keys else None
    if seen is not None and call.now.timestamp() < seen["until"]:
        if scenario.fails_on_repeat:
            raise failed()
        return json_reply(entity(state, _own(state, account, seen["status"]), call), delay_s=scenario.delay_s)
    status = _read(state, call, account)
    state[f"status/{status['id']}"] = status
    for media_id in status["media"]:
        state[f"media/{media_id}"] = {**state[f"media/{media_id}"], "status": status["id"]}
    if scenario.proxy_gives_up:
        page = b"<html><head><title>504 Gateway Time-out</title></head></html>"
        return SimulatedReply(status=504, headers={"content-type": "text/html"}, body=page)
    if key:
        state[stored] = {"status": status["id"], "until": call.now.timestamp() + KEY_LIFETIME_S}
    shown = entity(state, status, call)
    return json_reply(shown, delay_s=scenario.delay_s, dropped=scenario.loses_first_response)


def show(state: State, call: SimulatedCall, account: Account, status_id: str) -> SimulatedReply:
    """`GET /api/v1/statuses/:id`."""
    status = _find(state, status_id)
    if status is None or not _is_visible(status, account):
        raise not_found()
    return json_reply(entity(state, status, call))


def list_own(state: State, call: SimulatedCall, account: Account, account_id: str) -> SimulatedReply:
    """`GET /api/v1/accounts/:id/statuses`, newest first. To its owner, an account shows every status."""
    given = Parameters.of(call)
    limit, max_id = given.text("limit") or "", given.text("max_id") or ""
    rows = [
        one
        for one in reversed(_all(state))
        if one["account"] == account_id
        and _is_visible(one, account)
        and (not max_id.isdecimal() or int(one["id"]) < int(max_id))
    ]
    page = rows[: min(int(limit), _PAGE_MAX) if limit.isdecimal() else _PAGE]
    return json_reply([entity(state, one, call) for one in page])


def delete(state: State, call: SimulatedCall, account: Account, status_id: str) -> SimulatedReply:
    """`DELETE /api/v1/statuses/:id`."""
    status = _own(state, account, status_id)
    del state[f"status/{status_id}"]
    return json_reply({**entity(state, status, call), "text": status["text"]})


def entity(state: State, status: Status, call: SimulatedCall) -> dict[str, Any]:
    """Return a status as the API shows it to its author."""
    author = accounts.find(state, status["account"])
    parent, quoted = (_find(state, status[name] or "") for name in ("reply_to", "quoted"))
    return {
        "id": status["id"],
        "created_at": iso(status["made_at"]),
        "in_reply_to_id": status["reply_to"],
        "in_reply_to_account_id": None if parent is None else parent["account"],
        **{name: status[name] for name in ("sensitive", "spoiler_text", "visibility", "language")},
        "uri": f"{call.root}/users/{author['username']}/statuses/{status['id']}",
        "url": f"{call.root}/@{author['username']}/{status['id']}",
        **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), 0),
        **dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked", "pinned"), False),
        **dict.fromkeys(("reblog", "card", "edited_at"), None),
        **{name: [] for name in ("filtered", "mentions", "tags", "emojis")},
        "content": text.as_html(status["text"]),
        "application": status["app"],
        "account": accounts.entity(author, call.root),
        "media_attachments": [media.entity(state[f"media/{one}"], call) for one in status["media"]],
        "poll": None if status["poll"] is None else polls.entity(status["poll"], call.now),
        "quote": None if quoted is None else {"state": "accepted", "quoted_status_id": quoted["id"]},
    }


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible status, including replies, in the order in which they appeared."""
    return [
        SimulatedPost(
            uri=status["id"],
            account_id=status["account"],
            text=status["text"],
            created_at=iso(status["made_at"]),
            reply_to=status["reply_to"],
            record={
                **{name: value for name, value in status.items() if name not in {"id", "account", "made_at", "app"}},
                "media": [_facts(state[f"media/{one}"]) for one in status["media"]],
            },
        )
        for status in _all(state)
    ]


def _read(state: State, call: SimulatedCall, account: Account) -> Status:
    """Return the status that a request describes, after the checks of the server."""
    given = Parameters.of(call)
    if given.text("scheduled_at") is not None:
        raise Refused(422, "The sandbox does not schedule statuses")
    reply_to = _reference(state, given, "in_reply_to_id", _NO_PARENT)
    quoted = _reference(state, given, "quoted_status_id", "Record not found")
    poll = given.nested("poll")
    attached = media.attachable(state, call.now, account, given.texts("media_ids"), has_poll=poll is not None)
    body, warning = given.text("status") or "", given.text("spoiler_text") or ""
    is_sensitive = given.flag("sensitive") or bool(warning)
    if not body.strip() and quoted is None:
        body, warning = warning, ""
    _check_text(body, warning, scenario_of(account).characters, needs_text=not attached and quoted is None)
    visibility = given.text("visibility") or "public"
    if visibility not in _VISIBILITIES:
        raise invalid("Visibility is not included in the list")
    return Status(
        id=next_id(state, call.now),
        account=account["id"],
        made_at=call.now.timestamp(),
        text=body,
        spoiler_text=warning,
        visibility=visibility,
        sensitive=is_sensitive,
        language=given.text("language") or "en",
        reply_to=reply_to,
        quoted=quoted,
        media=[one["id"] for one in attached],
        poll=None if poll is None else polls.read(poll, next_id(state, call.now), call.now),
        app=oauth.application_of(state, call),
    )


def _check_text(body: str, warning: str, limit: int, *, needs_text: bool) -> None:
    if needs_text and not body.strip():
        raise invalid("Text can't be blank")
    if text.count(body, warning) > limit:
        raise invalid(f"Text character limit of {limit} exceeded")


def _reference(state: State, given: Parameters, name: str, problem: str) -> str | None:
    status_id = given.text(name)
    if status_id is not None and _find(state, status_id) is None:
        raise Refused(404, problem)
    return status_id


def _find(state: State, status_id: str) -> Status | None:
    status: Status | None = state.get(f"status/{status_id}")
    return status


def _own(state: State, account: Account, status_id: str) -> Status:
    status = _find(state, status_id)
    if status is None or status["account"] != account["id"]:
        raise not_found()
    return status


def _is_visible(status: Status, account: Account) -> bool:
    return status["account"] == account["id"] or status["visibility"] in {"public", "unlisted"}


def _facts(item: media.Media) -> dict[str, Any]:
    return {"type": item["type"], "description": item["description"]}


def _all(state: State) -> list[Status]:
    found: list[Status] = [state[key] for key in state if key.startswith("status/")]
    return sorted(found, key=lambda one: int(one["id"]))
