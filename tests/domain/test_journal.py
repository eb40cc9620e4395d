from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.encoding import decode_call, decode_reply, encode_call, encode_reply
from letmepost.domain.flow import Auth, Call, Effect, FormFile, Intent, MediaRange, Reply
from letmepost.domain.journal import (
    CONNECTING_MAX_S,
    Ask,
    Decision,
    Repeat,
    Replay,
    Send,
    Step,
    Wait,
    begins_within_s,
    decide,
    fingerprint,
    may_ask_at,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
VISIBILITY_DELAY_S = 30.0

READ = Call(method="GET", url="https://example.com/status")
PREPARE = Call(method="POST", url="https://example.com/containers", effect=Effect.PREPARE, step="container")
PUBLISH = Call(method="POST", url="https://example.com/posts", json={"text": "hi"}, effect=Effect.PUBLISH, step="post")
CHANGED = replace(PUBLISH, json={"text": "ho"})
PUT = replace(PUBLISH, method="PUT", idempotent=True)
REPLY = Reply(status=200, body=b'{"id": "1"}', received_at=NOW)
REPLAYED = replace(REPLY, replayed=True)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
texts_by_name = st.dictionaries(st.text(), st.text(), max_size=3)
moments = st.datetimes(timezones=st.just(UTC))
media_ranges = st.builds(MediaRange, st.uuids(), st.integers(0, 2**40), st.integers(0, 2**40))
files = st.builds(FormFile, media=media_ranges, filename=st.text(), content_type=st.text())


@st.composite
def calls(
    draw: st.DrawFn,
    effects: st.SearchStrategy[Effect] = st.sampled_from(Effect),  # noqa: B008 - a constant
) -> Call:
    effect = draw(effects)
    content: dict[str, Any] = draw(
        st.just({})
        | st.fixed_dictionaries({"json": st.dictionaries(st.text(), json_values, max_size=3)})
        | st.fixed_dictionaries({"form": texts_by_name})
        | st.fixed_dictionaries({"multipart": st.lists(st.tuples(st.text(), st.text() | files), max_size=3).map(tuple)})
        | st.fixed_dictionaries({"body": st.binary() | media_ranges})
    )
    return Call(
        method=draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        url=draw(st.text()),
        headers=draw(texts_by_name),
        query=draw(st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)),
        effect=effect,
        step=None if effect in {Effect.READ, Effect.WRITE} else draw(st.text()),
        idempotent=draw(st.booleans()),
        auth=draw(st.sampled_from(Auth)),
        timeout_s=draw(st.floats(0.1, 3600)),
        **content,
    )


publishes = calls(st.just(Effect.PUBLISH))
replies = st.builds(
    Reply,
    status=st.integers(100, 599),
    headers=texts_by_name,
    body=st.binary(),
    received_at=moments,
    parts=st.lists(st.text()).map(tuple),
)


def prepared(*, valid_until: datetime | None = None, call: Call = PREPARE) -> Step:
    return Step(name="container", fingerprint=fingerprint(call), reply=REPLY, valid_until=valid_until)


def sent(call: Call = PUBLISH, *, reply: Reply | None = None, age_s: float = 0.0) -> Step:
    intent = Intent(call, NOW - timedelta(seconds=age_s))
    return Step(name="post", fingerprint=fingerprint(call), intent=intent, reply=reply)


@pytest.mark.parametrize(
    ("call", "step", "decision"),
    [
        pytest.param(READ, None, Send(READ), id="a read is sent live"),
        pytest.param(PREPARE, None, Send(PREPARE), id="a new PREPARE is sent"),
        pytest.param(PREPARE, prepared(), Replay(REPLAYED), id="a recorded PREPARE is replayed"),
        pytest.param(
            PREPARE,
            Step(name="container", forgotten_count=1),
            Send(PREPARE),
            id="a forgotten PREPARE is sent again",
        ),
        pytest.param(
            replace(PREPARE, json={"url": "other"}),
            prepared(),
            Send(replace(PREPARE, json={"url": "other"})),
            id="a changed PREPARE is sent again",
        ),
        pytest.param(
            PREPARE,
            prepared(valid_until=NOW + SECOND),
            Replay(REPLAYED),
            id="a valid PREPARE is replayed",
        ),
        pytest.param(PREPARE, prepared(valid_until=NOW), Send(PREPARE), id="an expired PREPARE is sent again"),
        pytest.param(PUBLISH, None, Send(PUBLISH), id="a new PUBLISH is sent"),
        pytest.param(
            PUBLISH,
            Step(name="post", pause_count=3, paused_at=NOW),
            Send(PUBLISH),
            id="a PUBLISH that only waited or surely failed is sent",
        ),
        pytest.param(PUBLISH, sent(reply=REPLY), Replay(REPLAYED), id="a recorded PUBLISH is replayed"),
        pytest.param(CHANGED, sent(reply=REPLY), Replay(REPLAYED), id="a changed PUBLISH is replayed, too"),
        pytest.param(PUT, sent(PUT), Repeat(PUT), id="a lost idempotent PUBLISH is repeated immediately"),
        pytest.param(
            replace(PUT, json={"text": "ho"}),
            sent(PUT),
            Repeat(PUT),
            id="the recorded request is repeated, not the changed one",
        ),
        pytest.param(
            PUBLISH,
            sent(age_s=65),
            Ask(Intent(PUBLISH, NOW - 65 * SECOND)),
            id="a lost PUBLISH is reconciled",
        ),
        pytest.param(
            CHANGED,
            sent(age_s=65),
            Ask(Intent(PUBLISH, NOW - 65 * SECOND)),
            id="a lost PUBLISH is reconciled even if it has changed",
        ),
        pytest.param(PUBLISH, sent(age_s=64), Wait(NOW + SECOND), id="a lost PUBLISH waits before its reconciliation"),
    ],
)
def test_decision_follows_from_the_journal(call: Call, step: Step | None, decision: Decision) -> None:
    """The timeout of the call is 20 s, and the platform shows posts after 30 s."""
    assert decide(call, step, NOW, VISIBILITY_DELAY_S) == decision


@given(publishes, publishes, moments, st.floats(-1e6, 1e6), st.floats(0, 3600))
def test_publish_that_may_have_been_sent_is_never_sent_without_a_check(
    call: Call, recorded: Call, started_at: datetime, age_s: float, visibility_delay_s: float
) -> None:
    """The first guarantee of the service: neither a crash nor an upgrade publishes a post twice."""
    started_at = min(max(started_at, datetime(1970, 1, 1, tzinfo=UTC)), datetime(9000, 1, 1, tzinfo=UTC))
    step = Step(name="post", intent=Intent(recorded, started_at))
    assert step.in_doubt
    match decide(call, step, started_at + timedelta(seconds=age_s), visibility_delay_s):
        case Repeat(repeated):
            assert repeated is recorded
            assert recorded.idempotent
        case Ask(intent):
            assert intent is step.intent
        case Wait(until):
            assert until == started_at + timedelta(seconds=CONNECTING_MAX_S + recorded.longest_s + visibility_delay_s)
        case decision:
            pytest.fail(f"{decision} would publish it twice")


@given(publishes.filter(lambda call: not call.idempotent), st.floats(0, 3600), st.floats(0, 3600))
def test_lost_publish_is_reconciled_when_the_wait_ends(call: Call, age_s: float, visibility_delay_s: float) -> None:
    step = sent(call, age_s=age_s)
    decision = decide(call, step, NOW, visibility_delay_s)
    if isinstance(decision, Wait):
        assert decision.until > NOW
        decision = decide(call, step, decision.until, visibility_delay_s)
    assert isinstance(decision, Ask)


def test_replayed_reply_is_marked_and_the_recorded_one_is_unchanged() -> None:
    """An upload flow asks the server for the offset if its session is from an earlier run."""
    step = prepared()
    decision = decide(PREPARE, step, NOW, VISIBILITY_DELAY_S)
    assert isinstance(decision, Replay)
    assert decision.reply.replayed
    assert step.reply is not None
    assert not step.reply.replayed


@pytest.mark.parametrize(
    ("step", "in_doubt"),
    [
        (Step(name="post"), False),
        (prepared(), False),
        (sent(), True),
        (sent(reply=REPLY), False),
    ],
)
def test_step_is_in_doubt_only_with_an_intent_and_no_reply(step: Step, *, in_doubt: bool) -> None:
    assert step.in_doubt is in_doubt


@given(calls())
def test_call_is_decoded_from_the_journal(call: Call) -> None:
    assert decode_call(encode_call(call)) == call


def test_call_of_an_earlier_release_is_decoded() -> None:
    """A post may be in doubt during an upgrade. These bytes are from the first release."""
    written = (
        b'{"auth":"account","body":{"first":0,"length":10,"media":"00000000-0000-0000-0000-000000000001"},'
        b'"effect":"publish","form":null,"headers":{"content-type":"video/mp4"},"idempotent":false,"json":null,'
        b'"method":"PUT","query":[["upload_id","1"]],"step":"post","timeout_s":20.0,"url":"https://example.com"}'
    )
    assert decode_call(written) == Call(
        method="PUT",
        url="https://example.com",
        headers={"content-type": "video/mp4"},
        query=(("upload_id", "1"),),
        body=MediaRange(UUID(int=1), 0, 10),
        effect=Effect.PUBLISH,
        step="post",
    )
    assert {Auth("account"), Auth("none")} == set(Auth)
    assert {Effect("read"), Effect("write"), Effect("prepare"), Effect("publish")} == set(Effect)
    received = b'{"status": 200, "headers": {}, "body": "eyJpZCI6ICIxIn0=", "received_at": "2026-11-21T12:00:00+00:00"}'
    assert decode_reply(received) == REPLY


@given(replies)
def test_reply_is_decoded_from_the_journal(reply: Reply) -> None:
    assert decode_reply(encode_reply(reply)) == reply


def test_decoded_reply_has_the_same_time_in_any_time_zone() -> None:
    received_at = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert decode_reply(encode_reply(replace(REPLY, received_at=received_at))).received_at == NOW


def test_encoded_reply_has_no_replay_mark() -> None:
    assert not decode_reply(encode_reply(REPLAYED)).replayed


def test_validity_of_a_reply_is_not_part_of_the_request() -> None:
    """A flow may compute it from a reply. It must not cause a new request after a restart."""
    call = replace(PREPARE, valid_for_s=3600.0)
    assert fingerprint(call) == fingerprint(PREPARE)
    assert decode_call(encode_call(call)) == PREPARE


def test_call_may_contain_any_mapping() -> None:
    """Options are read-only mappings, and requests can contain them."""
    nested = MappingProxyType({"reply": MappingProxyType({"uri": "at://1"})})
    assert decode_call(encode_call(replace(PUBLISH, json=nested))).json == {"reply": {"uri": "at://1"}}
    form = replace(PUBLISH, json=None, form=MappingProxyType({"text": "hi"}))
    assert decode_call(encode_call(form)).form == {"text": "hi"}


def test_call_with_another_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="datetime is not JSON"):
        encode_call(replace(PUBLISH, json={"createdAt": NOW}))


FILE = FormFile(media=MediaRange(UUID(int=1), 0, 10), filename="a.png", content_type="image/png")
ORIGINAL = replace(
    PUBLISH,
    headers={"accept": "a"},
    query=(("a", "1"), ("b", "2")),
    form={"a": "1"},
    multipart=(("kind", "image"), ("file", FILE)),
    body=MediaRange(UUID(int=1), 0, 10),
)
OTHERS: dict[str, list[Any]] = {
    "method": ["PUT"],
    "url": ["https://example.com/post"],
    "headers": [{}, {"accept": "b"}],
    "query": [(), (("a", "1"),), (("b", "2"), ("a", "1")), (("a", "1"), ("b", "2"), ("b", "2"))],
    "json": [None, {}, {"text": "ho"}, {"text": "hi", "more": None}, {"text": ["hi"]}],
    "form": [None, {}, {"a": "2"}],
    "multipart": [
        None,
        (),
        (("file", FILE), ("kind", "image")),
        (("kind", "image"), ("file", replace(FILE, filename="b.png"))),
        (("kind", "image"), ("file", replace(FILE, content_type="image/gif"))),
        (("kind", "image"), ("file", replace(FILE, media=MediaRange(UUID(int=2), 0, 10)))),
    ],
    "body": [
        None,
        b"",
        b"bytes",
        MediaRange(UUID(int=2), 0, 10),
        MediaRange(UUID(int=1), 1, 10),
        MediaRange(UUID(int=1), 0, 11),
    ],
    "effect": [Effect.PREPARE],
    "step": ["reply"],
    "reference": ["session-1"],
    "idempotent": [True],
    "auth": [Auth.NONE],
    "timeout_s": [21.0],
}


@pytest.mark.parametrize(("name", "other"), [(name, other) for name in OTHERS for other in OTHERS[name]])
def test_fingerprint_changes_with_every_part_of_a_call(name: str, other: object) -> None:
    change: Callable[..., Call] = replace
    assert fingerprint(change(ORIGINAL, **{name: other})) != fingerprint(ORIGINAL)


def test_every_field_of_a_call_is_covered() -> None:
    """A new field of `Call` belongs in the fingerprint, or beside `valid_for_s` with a reason."""
    assert {field.name for field in fields(Call)} == {*OTHERS, "valid_for_s"}


@given(calls())
def test_fingerprint_does_not_depend_on_the_order_of_keys(call: Call) -> None:
    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(value)}
        return [backwards(item) for item in value] if isinstance(value, list) else value

    turned = replace(call, headers=backwards(call.headers), json=backwards(call.json), form=backwards(call.form))
    assert fingerprint(turned) == fingerprint(call)


def test_fingerprint_has_32_bytes() -> None:
    assert len(fingerprint(READ)) == 32


@given(age_s=st.floats(0, 60), delay_s=st.floats(0, 600))
def test_call_that_begins_in_time_is_finished_and_visible_at_reconciliation(age_s: float, delay_s: float) -> None:
    intent = Intent(PUBLISH, NOW)
    now = NOW + timedelta(seconds=age_s)
    latest = now + timedelta(seconds=begins_within_s(intent, now))
    shown = latest + timedelta(seconds=PUBLISH.timeout_s + delay_s)
    assert abs(may_ask_at(intent, delay_s) - shown) < timedelta(milliseconds=1)
