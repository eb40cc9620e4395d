"""Two networks that are harder than real ones: a repeated publishing call shows a second post.

`asked` has a timeline in which a lost post appears a little after it was accepted. `unasked` has none.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AnyHttpUrl, BaseModel, Field

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Auth,
    Call,
    Effect,
    Extra,
    Flow,
    Found,
    Intent,
    Live,
    Part,
    Reconciled,
    Reply,
    Unknown,
)
from letmepost.platforms.connecting import ConnectedAccount, Credential, PlatformSettings
from letmepost.platforms.contract import Platform, ReadyPost
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply, State
from tests.sandbox.support import platform

CALL_S = 1.0
"""Short, so that doubts are settled soon: reconciliation waits for the end of a lost call."""
VISIBILITY_DELAY_S = 0.2


class HostSettings(PlatformSettings):
    """The address of the network."""

    host: Annotated[AnyHttpUrl, Field(description="The only host.")] = AnyHttpUrl("http://127.0.0.1:1")


class ConnectInput(BaseModel):
    """The input that connects an account: its name."""

    account: str


def make_platform(name: str, *, can_be_asked: bool) -> Platform:
    """Return one of the two networks."""
    made = platform(name)
    return replace(
        made,
        settings=HostSettings,
        connect_input=ConnectInput,
        visibility_delay_s=VISIBILITY_DELAY_S,
        connect=_connect,
        disconnect=_do_nothing,
        check=_do_nothing,
        refresh=_refresh,
        needs_refresh=lambda _reply: False,
        sign=_sign,
        publish=_publish,
        reconcile=_look_for if can_be_asked else _reconcile_unasked,
        explain=_explain,
        simulator=replace(
            made.simulator,
            answer=_answer,
            create_account=_create_account,
            posts=_posts,
            scenarios={"ok": "Everything works."},
            settings=lambda base: HostSettings(host=base),
        ),
    )


def _base(settings: HostSettings) -> str:
    return str(settings.host).rstrip("/")


def _connect(given: ConnectInput, settings: HostSettings) -> Flow[ConnectedAccount]:
    call = Call(method="GET", url=f"{_base(settings)}/accounts/{given.account}", auth=Auth.NONE)
    reply = yield call
    if not reply.ok:
        raise _explain(call, reply)
    credential = Credential(secrets={"token": f"token-of-{given.account}"})
    return ConnectedAccount(
        platform_account_id=given.account, handle=given.account, display_name=None, credential=credential
    )


def _do_nothing(_account: AccountFacts, _settings: object) -> Flow[None]:
    yield from ()


def _refresh(account: AccountFacts, _settings: object) -> Flow[Credential]:
    """Return the token again: it does not expire."""
    yield from ()
    return Credential(secrets={"token": f"token-of-{account.platform_account_id}"})


def _sign(call: Call, credential: Credential, _now: datetime, _entropy: bytes) -> Call:
    headers = {**call.headers, "authorization": f"Bearer {credential.secrets['token']}"}
    return replace(call, headers=headers)


def _publish(post: ReadyPost, settings: HostSettings) -> Flow[None]:
    content = post.content
    thread = [part.text for part in content.thread]
    first = yield from _show(post, settings, content.text, "post", None)
    if thread:
        yield Part(index=0, uri=first)
    above = first
    for index, text in enumerate(thread, start=1):
        above = yield from _show(post, settings, text, f"thread-{index}", above)
        yield Part(index=index, uri=above)
    yield Live(uri=first)
    if content.first_comment is not None:
        comment = yield from _show(post, settings, content.first_comment, "comment", first)
        yield Extra(name="firstComment", uri=comment)


def _show(post: ReadyPost, settings: HostSettings, text: str, step: str, above: str | None) -> Flow[str]:
    body = {"account": post.account.platform_account_id, "text": text, "above": above}
    url = f"{_base(settings)}/posts"
    call = Call(method="POST", url=url, json=body, effect=Effect.PUBLISH, step=step, timeout_s=CALL_S)
    reply = yield call
    uri = reply.data().get("uri")
    if not reply.ok or not isinstance(uri, str):
        raise _explain(call, reply)
    return uri


def _look_for(post: ReadyPost, intent: Intent, settings: HostSettings) -> Flow[Reconciled]:
    call = Call(method="GET", url=f"{_base(settings)}/timelines/{post.account.platform_account_id}", timeout_s=CALL_S)
    reply = yield call
    posts = reply.data().get("posts")
    if not reply.ok or not isinstance(posts, list):
        raise _explain(call, reply)
    wanted = (intent.call.json or {}).get("text")
    for seen in posts:
        if isinstance(seen, dict) and seen.get("text") == wanted:
            return Found(Reply(status=201, body=json.dumps(seen).encode(), received_at=reply.received_at))
    return Absent()


def _reconcile_unasked(_post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
    yield from ()
    return Unknown("This network cannot be asked.")


def _explain(call: Call, reply: Reply) -> PlatformFailure:
    is_doubtful = call.effect is Effect.PUBLISH and reply.status != 503
    kind = FailureKind.IN_DOUBT if is_doubtful else FailureKind.UNAVAILABLE
    return PlatformFailure(kind, f"The network answered {reply.status}.")


def _create_account(_state: State, _scenario: str, _now: datetime, entropy: bytes) -> Mapping[str, str]:
    return {"account": entropy[:8].hex()}


def _answer(state: State, call: SimulatedCall) -> SimulatedReply:
    kind, _, name = call.path.strip("/").partition("/")
    if call.method == "POST":
        given = json.loads(call.body)
        key = f"timeline/{given['account']}"
        uri = f"{key}/{call.entropy[:8].hex()}"
        post = {"uri": uri, "text": given["text"], "at": call.now.isoformat(), "above": given["above"]}
        state[key] = [*state.get(key, []), post]
        return _reply(201, {"uri": uri})
    if kind == "accounts":
        return _reply(200, {"account": name})
    shown_until = call.now - timedelta(seconds=VISIBILITY_DELAY_S)
    timeline = state.get(f"timeline/{name}", [])
    return _reply(200, {"posts": [post for post in timeline if datetime.fromisoformat(post["at"]) <= shown_until]})


def _reply(status: int, value: Mapping[str, Any]) -> SimulatedReply:
    headers = {"content-type": "application/json"}
    return SimulatedReply(status=status, headers=headers, body=json.dumps(value).encode())


def _posts(state: State) -> list[SimulatedPost]:
    return [
        SimulatedPost(
            uri=post["uri"],
            account_id=key.partition("/")[2],
            text=post["text"],
            created_at=post["at"],
            reply_to=post["above"],
        )
        for key in sorted(state)
        for post in state[key]
    ]


ASKED = make_platform("asked", can_be_asked=True)
UNASKED = make_platform("unasked", can_be_asked=False)
