"""A minimal platform. The data of an account contains its host, and its credential has one token."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Auth, Call, Effect, Extra, Flow, Found, Intent, Live, Part, Reconciled, Reply
from letmepost.platforms.connecting import Credential
from letmepost.platforms.contract import Platform, ReadyPost
from tests.sandbox.support import platform

KINDS = {
    400: FailureKind.REJECTED,
    401: FailureKind.AUTH_FAILED,
    429: FailureKind.RATE_LIMITED,
    500: FailureKind.IN_DOUBT,
    503: FailureKind.UNAVAILABLE,
}


def make_platform(**changes: Any) -> Platform:
    """Return the platform. `changes`: functions to replace."""
    own = {
        "sign": sign,
        "needs_refresh": needs_refresh,
        "refresh": refresh,
        "check": check,
        "disconnect": disconnect,
        "publish": publish,
        "reconcile": reconcile,
        "explain": explain,
    }
    return replace(platform("double"), **{**own, **changes})


def sign(call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
    signature = f"{now.isoformat()} {entropy.hex()}"
    headers = {**call.headers, "authorization": f"Bearer {credential.secrets['token']}", "x-signature": signature}
    return call if call.auth is Auth.NONE else replace(call, headers=headers)


def needs_refresh(reply: Reply) -> bool:
    return reply.status == 401 and reply.data().get("error") == "expired"


def disconnect(account: AccountFacts, _settings: object) -> Flow[None]:
    yield Call(method="POST", url=f"{account.data['host']}/revoke", effect=Effect.PREPARE, step="revoke")


def refresh(account: AccountFacts, _settings: object) -> Flow[Credential]:
    call = Call(method="POST", url=f"{account.data['host']}/refresh", effect=Effect.WRITE)
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    lasts_s = reply.data().get("lasts_s")
    expires_at = None if lasts_s is None else reply.received_at + timedelta(seconds=lasts_s)
    return Credential(secrets=reply.data()["secrets"], expires_at=expires_at)


def check(account: AccountFacts, _settings: object) -> Flow[None]:
    call = Call(method="GET", url=f"{account.data['host']}/me")
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)


def publish(post: ReadyPost, _settings: object) -> Flow[None]:
    """Publish a post, and its first comment as an extra."""
    uri = yield from put(post, "post", post.content.text)
    yield Live(uri=uri)
    if post.content.first_comment is not None:
        yield Extra(name="firstComment", uri=(yield from put(post, "comment", post.content.first_comment)))


def publish_thread(post: ReadyPost, _settings: object) -> Flow[None]:
    """Publish a thread of three parts, whatever the content. It can replace `publish`."""
    for index in range(3):
        uri = yield from put(post, f"post-{index}", "Hello")
        yield Part(index=index, uri=uri)
    yield Live(uri="at://post-0")


def put(post: ReadyPost, step: str, text: str) -> Flow[str]:
    call = Call(
        method="POST",
        url=f"{post.account.data['host']}/posts",
        json={"step": step, "text": text},
        effect=Effect.PUBLISH,
        step=step,
    )
    reply = yield call
    uri = reply.data().get("uri")
    if uri is None:
        raise explain(call, reply)
    return str(uri)


def reconcile(post: ReadyPost, intent: Intent, _settings: object) -> Flow[Reconciled]:
    step = str(intent.call.step)
    call = Call(method="GET", url=f"{post.account.data['host']}/posts", query=(("step", step),))
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    return Found(reply) if "uri" in reply.data() else Absent()


def explain(call: Call, reply: Reply) -> PlatformFailure:
    kind = KINDS.get(reply.status, FailureKind.IN_DOUBT)
    if kind is FailureKind.IN_DOUBT and call.effect is not Effect.PUBLISH:
        kind = FailureKind.UNAVAILABLE
    response: Mapping[str, Any] = {"status": reply.status}
    return PlatformFailure(kind, f"The network answered {reply.status}.", response=response)
