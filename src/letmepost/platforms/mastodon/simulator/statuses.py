"""Statuses: created once per key, read, listed, and deleted.

Source: https://docs.joinmastodon.org/methods/statuses/ and app/services/post_status_service.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from letmepost.platforms._kit.simulator.pages import post_url, redirect_to
from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.mastodon.simulator import accounts, media, oauth, polls, text
from letmepost.platforms.mastodon.simulator.accounts import Account, scenario_of
from letmepost.platforms.mastodon.simulator.scenarios import failed
from letmepost.platforms.mastodon.simulator.wire import Parameters, Refused, invalid, iso, next_id, not_found
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, State

KEY_LIFETIME_S = 3600.0
_PAGE = 20
_PAGE_MAX = 40
_SEEN_BY_ALL = ("public", "unlisted")
_VISIBILITIES = (*_SEEN_BY_ALL, "private", "direct")


_ALWAYS: Mapping[str, Any] = {
    **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), 0),
    **dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked", "pinned"), False),
    **dict.fromkeys(("reblog", "card", "edited_at")),
    **{name: [] for name in ("filtered", "mentions", "tags", "emojis")},
}
"""What is the same for every status, because no other account acts."""

Status: TypeAlias = dict[str, Any]
"""A status as the API shows it to its author, and its `text`."""


def create(state: State, call: SimulatedCall, account: Account) -> SimulatedReply:
    """`POST /api/v1/statuses`. A repetition of a key within an hour returns the first status."""
    scenario, key = scenario_of(account), call.headers.get("idempotency-key", "")
    refuse_attempt(state, account["id"], scenario, call.now, shows_post=True)
    stored = f"idempotency/{account['id']}/{key}"
    seen = state.get(stored) if key and not scenario.ignores_keys else None
    if seen is not None and call.now.timestamp() < seen["until"]:
        if scenario.fails_on_repeat:
            raise failed()
        return json_reply(_shown(_own(state, account, seen["status"])), delay_s=scenario.delay_s)
    status = _read(state, call, account)
    state[f"status/{status['id']}"] = status
    for item in status["media_attachments"]:
        media.attach(state, item["id"], status["id"])
    if scenario.proxy_gives_up:
        page = b"<html><head><title>504 Gateway Time-out</title></head></html>"
        return SimulatedReply(status=504, headers={"content-type": "text/html"}, body=page)
    if key:
        state[stored] = {"status": status["id"], "until": call.now.timestamp() + KEY_LIFETIME_S}
    return json_reply(_shown(status), delay_s=scenario.delay_s, dropped=scenario.loses_first_response)


def show(state: State, _call: SimulatedCall, account: Account, status_id: str) -> SimulatedReply:
    """`GET /api/v1/statuses/:id`."""
    status = _find_visible(state, account, status_id)
    if status is None:
        raise not_found()
    return json_reply(_shown(status))


def open_page(_state: State, call: SimulatedCall, _username: str, status_id: str) -> SimulatedReply:
    """`GET /users/:username/statuses/:id`, which identifies a status and leads to its page."""
    return redirect_to(post_url(call, status_id))


def list_own(state: State, call: SimulatedCall, account: Account, account_id: str) -> SimulatedReply:
    """`GET /api/v1/accounts/:id/statuses`, newest first. To its owner, an account shows every status."""
    given = Parameters.of(call)
    limit, max_id = given.number("limit"), given.number("max_id")
    rows = [
        _shown(one)
        for one in reversed(_all(state))
        if one["account"]["id"] == account_id
        and _is_visible(one, account)
        and (max_id is None or int(one["id"]) < max_id)
    ]
    return json_reply(rows[: _PAGE if limit is None else min(limit, _PAGE_MAX)])


def delete(state: State, _call: SimulatedCall, account: Account, status_id: str) -> SimulatedReply:
    """`DELETE /api/v1/statuses/:id`. Only this response has the text as it was written."""
    status = _own(state, account, status_id)
    del state[f"status/{status_id}"]
    return json_reply(status)


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible status, including replies, in the order in which they appeared."""
    return [
        SimulatedPost(
            uri=status["id"],
            account_id=status["account"]["id"],
            text=status["text"],
            created_at=status["created_at"],
            reply_to=status["in_reply_to_id"],
            media=[media.shown_media(state, item) for item in status["media_attachments"]],
            record={
                **{name: status[name] for name in ("spoiler_text", "visibility", "sensitive", "language", "poll")},
                "quoted": None if status["quote"] is None else status["quote"]["quoted_status_id"],
                "media": [
                    {name: item[name] for name in ("type", "description")} for item in status["media_attachments"]
                ],
                **media.files_of(state, [item["id"] for item in status["media_attachments"]]),
            },
        )
        for status in _all(state)
    ]


def _read(state: State, call: SimulatedCall, account: Account) -> Status:
    """Return the status that a request describes, after the checks of the server."""
    given = Parameters.of(call)
    if given.text("scheduled_at") is not None:
        raise Refused(422, "The sandbox does not schedule statuses")
    parent = _reference(state, account, given.text("in_reply_to_id"), "reply to")
    quoted = _reference(state, account, given.text("quoted_status_id"), "quote")
    poll = given.nested("poll")
    attached = media.attachable(state, call, account, given.texts("media_ids"), has_poll=poll is not None)
    body, warning = given.text("status") or "", given.text("spoiler_text") or ""
    is_sensitive = given.flag("sensitive") or bool(warning)
    if not body.strip() and quoted is None:
        body, warning = warning, ""
    _check_text(body, warning, scenario_of(account).characters, needs_text=not attached and quoted is None)
    visibility = given.text("visibility") or "public"
    if visibility not in _VISIBILITIES:
        raise invalid("Visibility is not included in the list")
    if quoted is not None and quoted["visibility"] == "private" and visibility in _SEEN_BY_ALL:
        visibility = "private"
    status_id, author = next_id(state, call.now), accounts.entity(account, call)
    return {
        "id": status_id,
        "created_at": iso(call.now.timestamp()),
        "in_reply_to_id": None if parent is None else parent["id"],
        "in_reply_to_account_id": None if parent is None else parent["account"]["id"],
        "sensitive": is_sensitive,
        "spoiler_text": warning,
        "visibility": visibility,
        "language": given.text("language") or "en",
        "uri": f"{author['uri']}/statuses/{status_id}",
        "url": post_url(call, status_id),
        **_ALWAYS,
        "text": body,
        "content": _link_to(quoted, body) + text.as_html(body),
        "application": oauth.application_of(state, call),
        "account": author,
        "media_attachments": attached,
        "poll": None if poll is None else polls.read(poll, next_id(state, call.now), call.now),
        "quote": None if quoted is None else {"state": "accepted", "quoted_status_id": quoted["id"]},
    }


def _check_text(body: str, warning: str, limit: int, *, needs_text: bool) -> None:
    if needs_text and not body.strip():
        raise invalid("Text can't be blank")
    if text.count(body, warning) > limit:
        raise invalid(f"Text character limit of {limit} exceeded")


def _reference(state: State, account: Account, status_id: str | None, act: str) -> Status | None:
    if status_id is None:
        return None
    status = _find_visible(state, account, status_id)
    if status is None or (act == "quote" and status["visibility"] == "direct"):
        raise Refused(404, f"The post you are trying to {act} does not appear to exist.")
    return status


def _link_to(quoted: Status | None, body: str) -> str:
    """Return what the server puts before a text that quotes, for servers that show no quotes."""
    if quoted is None or quoted["url"] in body:
        return ""
    return f'<p class="quote-inline">RE: <a href="{quoted["url"]}">{quoted["url"]}</a></p>'


def _find_visible(state: State, account: Account, status_id: str) -> Status | None:
    status: Status | None = state.get(f"status/{status_id}")
    return status if status is not None and _is_visible(status, account) else None


def _own(state: State, account: Account, status_id: str) -> Status:
    status: Status | None = state.get(f"status/{status_id}")
    if status is None or status["account"]["id"] != account["id"]:
        raise not_found()
    return status


def _is_visible(status: Status, account: Account) -> bool:
    return status["account"]["id"] == account["id"] or status["visibility"] in _SEEN_BY_ALL


def _shown(status: Status) -> Status:
    return {name: value for name, value in status.items() if name != "text"}


def _all(state: State) -> list[Status]:
    found: list[Status] = [state[key] for key in state if key.startswith("status/")]
    return sorted(found, key=lambda one: int(one["id"]))
