"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, GaveUp, NoReply, PlatformFailure, SendFailure
from letmepost.domain.flow import (
    Absent,
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    Found,
    Instruction,
    Intent,
    Live,
    Part,
    Pause,
    Reply,
    Warn,
)
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms.contract import (
    ConnectedAccount,
    ConsentRequest,
    Grant,
    OAuth,
    Platform,
    ReadyPost,
)
from letmepost.platforms.threads import PLATFORM
from tests.doubles.simulated import FlowDriver, PausedError, facts, failed
from tests.platforms.threads.transcripts import image, url, video

T = TypeVar("T")

CALLBACK = "https://me.example/v1/accounts/oauth/threads/callback"


def oauth() -> OAuth:
    assert PLATFORM.oauth is not None
    return PLATFORM.oauth


@dataclass
class Driver(FlowDriver):
    """A driver for Threads, with a journal of replies."""

    platform: Platform = PLATFORM
    journal: dict[str, Reply] = field(default_factory=dict)
    paused: dict[str, datetime] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)

    def connect(self, scenario: str = "ok", code: str | None = None, redirect_uri: str = CALLBACK) -> ConnectedAccount:
        self.journal.clear()
        given = self.create_account(scenario)
        grant = Grant(code=code or given["code"], redirect_uri=redirect_uri, code_verifier="")
        [account] = self.run(oauth().accounts(grant, self.settings))
        self.credential = account.credential
        return account

    def publish(self, account: ConnectedAccount, **content: Any) -> list[Instruction]:
        """Publish, wait out every pause, and return each announcement once."""
        post = self.ready(account, **content)
        self.seen.clear()
        self.finish(post)
        said: list[Instruction] = []
        for one in self.seen:
            if isinstance(one, Part | Live | Extra | Warn) and one not in said:
                said.append(one)
        return said

    def ready(self, account: ConnectedAccount, **content: Any) -> ReadyPost:
        post = super().ready(account, **content)
        urls = {format_id(Prefix.MEDIA, item.media_id): url(item.media_id.int) for _, item in post.content.items()}
        return replace(post, media_urls=urls)

    def finish(self, post: ReadyPost) -> None:
        """Publish in as many runs as it takes."""
        while not self.runs_to_its_end(PLATFORM.publish(post, self.settings)):
            pass

    def runs_to_its_end(self, flow: Flow[None]) -> bool:
        try:
            self.run(flow)
        except PausedError as paused:
            self.now += timedelta(seconds=paused.pause.seconds)
            return False
        return True

    def go_on(self, flow: Flow[Any], instruction: Instruction) -> Instruction:
        match instruction:
            case Pause(step, _, give_up_after_s):
                first = self.paused.setdefault(step, self.now)
                if (self.now - first).total_seconds() >= give_up_after_s:
                    return flow.throw(GaveUp(step, give_up_after_s))
                raise PausedError(instruction)
            case Forget(step) if step in self.forgotten:
                return flow.throw(PlatformFailure(FailureKind.UNAVAILABLE, "lost twice"))
            case Forget(step):
                self.forgotten.add(step)
                del self.journal[step]
            case Call() as call:
                return self.carry_out(flow, call)
        return next(flow)

    def carry_out(self, flow: Flow[Any], call: Call) -> Instruction:
        if call.step is not None and call.step in self.journal:
            return flow.send(self.journal[call.step])
        try:
            reply = self.send(call)
        except SendFailure as failure:
            if call.effect is Effect.PUBLISH:
                raise  # not for the flow to judge
            return flow.throw(PlatformFailure(FailureKind.UNAVAILABLE, str(failure)))
        if call.effect is Effect.PUBLISH and not reply.ok:
            refusal = PLATFORM.explain(call, reply)
            if refusal.kind is FailureKind.IN_DOUBT:
                raise refusal  # not for the flow to judge either
        if call.step is not None and reply.ok:
            self.journal[call.step] = reply
            self.paused.pop(call.step, None)
        return flow.send(reply)


def test_person_consents_and_their_account_is_connected() -> None:
    driver = Driver()
    request = ConsentRequest(redirect_uri=CALLBACK, state="s", code_challenge="c")
    page = urlsplit(oauth().consent_url(request, driver.settings))
    query = (*parse_qsl(page.query), ("choice", "allow"))
    path = page.path.removeprefix(urlsplit(driver.root).path)
    location = driver.ask("GET", path, query=query).headers["location"]
    code = dict(parse_qsl(urlsplit(location).query))["code"]
    account = driver.connect(code=f"{code}#_")
    assert account.handle is not None
    assert account.handle.startswith("sandbox_")
    assert account.scopes == (
        "threads_basic",
        "threads_content_publish",
        "threads_manage_replies",
        "threads_read_replies",
        "threads_delete",
    )
    assert account.credential.expires_at == driver.now + timedelta(days=60)
    assert failed(lambda: driver.connect(code=code)).kind is FailureKind.AUTH_FAILED


def test_check_passes_until_the_token_expires_and_a_refresh_extends_it() -> None:
    driver = Driver()
    account = driver.connect()
    driver.run(PLATFORM.check(facts(account), driver.settings))
    assert failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings))).kind is FailureKind.REJECTED
    driver.journal.clear()
    driver.now += timedelta(days=40)
    driver.credential = driver.run(PLATFORM.refresh(facts(account), driver.settings))
    driver.now += timedelta(days=40)
    driver.run(PLATFORM.check(facts(account), driver.settings))
    driver.now += timedelta(days=20)
    driver.journal.clear()
    over = (PLATFORM.check(facts(account), driver.settings), PLATFORM.refresh(facts(account), driver.settings))
    assert [failed(partial(driver.run, flow)).kind for flow in over] == [FailureKind.AUTH_FAILED] * 2


CONTENTS: list[Mapping[str, Any]] = [
    {"text": "Grüße an 🎉 https://example.org/a?b=1 @someone #topic"},
    {"text": "", "media": (image(),)},
    {"text": "moving", "media": (video(),)},
    {"text": "many", "media": (image(1), video(2), image(3))},
    {"text": "", "media": tuple(image(number) for number in range(1, 21))},
    {"text": "card", "options": {"linkAttachment": "https://example.com", "topicTag": "Food"}},
    {"text": "poll", "options": {"poll": {"options": ["Yes", "Nö", "Maybe", "?"]}, "replyControl": "followers_only"}},
]


@pytest.mark.parametrize("scenario", ["ok", "slow", "lagging", "token_expiring"])
@pytest.mark.parametrize("content", CONTENTS)
def test_post_is_accepted_and_visible(content: Mapping[str, Any], scenario: str) -> None:
    driver = Driver()
    [live] = driver.publish(driver.connect(scenario), **content)
    assert isinstance(live, Live)
    assert (live.url or "").startswith("https://www.threads.net/@sandbox_")
    assert driver.visible() == [content["text"]]
    [post] = PLATFORM.simulator.posts(driver.state)
    assert len(post.record["media"]) == len(content.get("media", ()))


@pytest.mark.parametrize("scenario", ["ok", "slow", "lagging"])
def test_thread_with_comment_is_visible_in_order(scenario: str) -> None:
    driver = Driver()
    said = driver.publish(
        driver.connect(scenario),
        text="one",
        thread=(ThreadPart(text="two", media=(image(1), image(2))), ThreadPart(text="three")),
        first_comment="comment",
    )
    assert [type(one) for one in said] == [Part, Part, Part, Live, Extra]
    posts = PLATFORM.simulator.posts(driver.state)
    assert [post.text for post in posts] == ["one", "two", "three", "comment"]
    assert [post.reply_to for post in posts] == [None, posts[0].uri, posts[1].uri, posts[0].uri]


def test_post_can_reply_and_quote() -> None:
    driver = Driver()
    account = driver.connect()
    [first] = driver.publish(account, text="first")
    assert isinstance(first, Live)
    driver.journal.clear()
    driver.publish(account, text="second", options={"replyToId": first.uri, "quotePostId": first.uri})
    response = PLATFORM.simulator.posts(driver.state)[1]
    assert (response.reply_to, response.record["quote_post_id"]) == (first.uri, first.uri)


def test_reply_to_a_deleted_post_is_rejected_after_a_while() -> None:
    driver = Driver()
    account = driver.connect()
    failure = failed(lambda: driver.publish(account, text="hello", options={"replyToId": "5"}))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.reference.not_found")


def test_post_can_be_deleted_twice() -> None:
    driver = Driver()
    account = driver.connect()
    [live] = driver.publish(account, text="hello")
    assert isinstance(live, Live)
    assert PLATFORM.unpublish is not None
    for _ in range(2):
        driver.journal.clear()
        driver.run(PLATFORM.unpublish(facts(account), [live.uri], driver.settings))
    assert driver.visible() == []


def last_publish(driver: Driver) -> Intent:
    calls = [call for call in driver.seen if isinstance(call, Call) and call.effect is Effect.PUBLISH]
    return Intent(calls[-1], driver.now)


@pytest.mark.parametrize("content", CONTENTS)
def test_lost_post_is_found_and_not_repeated(content: Mapping[str, Any]) -> None:
    driver = Driver()
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, **content)
    with pytest.raises(NoReply):
        driver.finish(post)
    intent = last_publish(driver)
    driver.now += timedelta(seconds=40)
    found = driver.run(PLATFORM.reconcile(post, intent, driver.settings))
    assert isinstance(found, Found)
    driver.journal["post"] = found.reply
    driver.run(PLATFORM.publish(post, driver.settings))
    live = driver.seen[-1]
    [visible] = PLATFORM.simulator.posts(driver.state)
    assert isinstance(live, Live)
    assert (live.uri, visible.text) == (visible.uri, content["text"])


def test_lost_post_is_found_among_later_posts() -> None:
    driver = Driver()
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, text="hello")
    with pytest.raises(NoReply):
        driver.finish(post)
    intent = last_publish(driver)
    for number in range(40):
        driver.now += timedelta(seconds=1)
        driver.journal.clear()
        with pytest.raises(NoReply):
            driver.finish(driver.ready(account, text=f"later {number}"))
    assert isinstance(driver.run(PLATFORM.reconcile(post, intent, driver.settings)), Found)


def test_publish_that_was_not_executed_is_absent_and_repeated() -> None:
    driver = Driver()
    account = driver.connect("flaky")
    post = driver.ready(account, text="hello")
    assert failed(lambda: driver.run(PLATFORM.publish(post, driver.settings))).kind is FailureKind.UNAVAILABLE
    assert failed(lambda: driver.run(PLATFORM.publish(post, driver.settings))).kind is FailureKind.IN_DOUBT
    driver.now += timedelta(seconds=40)
    assert driver.run(PLATFORM.reconcile(post, last_publish(driver), driver.settings)) == Absent()
    driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["hello"]


def test_container_that_was_already_published_is_found() -> None:
    driver = Driver()
    account = driver.connect()
    post = driver.ready(account, text="once")
    driver.run(PLATFORM.publish(post, driver.settings))
    del driver.journal["post"]
    driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["once"]
    assert len({said.uri for said in driver.seen if isinstance(said, Live)}) == 1


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("auth_revoked", FailureKind.AUTH_FAILED),
        ("rejected", FailureKind.REJECTED),
        ("unavailable", FailureKind.UNAVAILABLE),
        ("flaky", FailureKind.UNAVAILABLE),
        ("duplicate", FailureKind.DUPLICATE),
        ("processing_forever", FailureKind.UNAVAILABLE),
        ("media_broken", FailureKind.REJECTED),
    ],
)
def test_scenario_has_its_outcome(scenario: str, kind: FailureKind) -> None:
    driver = Driver()
    account = driver.connect(scenario)
    failure = failed(lambda: driver.publish(account, text="hello", media=(image(),)))
    assert failure.kind is kind
    assert (failure.rule == "threads.text.duplicate") == (scenario == "duplicate")
    assert (failure.retry_at is not None) == (scenario == "rate_limited")
    assert driver.visible() == []


def test_wait_for_a_text_that_is_never_ready_ends() -> None:
    driver = Driver()
    account = driver.connect("processing_forever")
    assert isinstance(failed(lambda: driver.publish(account, text="hello")), GaveUp)


def test_used_up_daily_quota_is_reported() -> None:
    driver = Driver()
    account = driver.connect()
    for number in range(250):
        driver.journal.clear()
        driver.publish(account, text=str(number))
    driver.journal.clear()
    failure = failed(lambda: driver.publish(account, text="hello"))
    assert (failure.kind, failure.rule) == (FailureKind.QUOTA_EXHAUSTED, "threads.quota.day")
    driver.now += timedelta(days=1)
    driver.publish(account, text="hello")
    assert driver.visible()[-1] == "hello"


def test_expired_container_is_created_again() -> None:
    driver = Driver()
    account = driver.connect()
    post = driver.ready(account, text="late", media=(image(),))
    assert not driver.runs_to_its_end(PLATFORM.publish(post, driver.settings))
    driver.now += timedelta(days=1)
    driver.finish(post)
    assert driver.forgotten == {"post-container"}
    assert driver.visible() == ["late"]
