"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, InputRefused, NoReply
from letmepost.domain.flow import (
    Call,
    Extra,
    Found,
    Instruction,
    Intent,
    Live,
    MediaRange,
    Part,
)
from letmepost.domain.playback import first_calls
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.connect import ConnectInput, connect
from letmepost.platforms.contract import ConnectedAccount, Platform
from tests.doubles.simulated import FlowDriver, facts, failed
from tests.platforms.bluesky.transcripts import image

T = TypeVar("T")

JPEG = b"\xff\xd8\xff\xe0 and the rest of a picture"


@dataclass
class Driver(FlowDriver):
    """A driver for Bluesky."""

    platform: Platform = PLATFORM

    def connect(self, scenario: str = "ok", **changes: str) -> ConnectedAccount:
        form = ConnectInput.model_validate({**self.create_account(scenario), **changes})
        account = self.run(connect(form, self.settings))
        self.credential = account.credential
        return account

    def publish(self, account: ConnectedAccount, **content: Any) -> list[Instruction]:
        self.seen.clear()
        self.run(PLATFORM.publish(self.ready(account, **content), self.settings))
        return [said for said in self.seen if not isinstance(said, Call)]

    def body_of(self, call: Call) -> tuple[bytes, str]:
        return (JPEG, "") if isinstance(call.body, MediaRange) else super().body_of(call)


PICTURE = image(size_bytes=len(JPEG))


def test_account_is_connected_by_handle() -> None:
    driver = Driver()
    account = driver.connect()
    assert account.platform_account_id.startswith("did:plc:")
    assert account.handle is not None
    assert account.handle.endswith(".test")
    assert account.data["pds"] == Driver().root


def test_account_is_connected_by_did_and_at_a_named_server() -> None:
    driver = Driver()
    account = driver.connect(pdsUrl=Driver().root)
    assert account.data["pds"] == Driver().root
    given = driver.create_account()
    resolved = driver.run(connect(ConnectInput.model_validate(given), driver.settings))
    by_did = {**given, "identifier": resolved.platform_account_id}
    again = driver.run(connect(ConnectInput.model_validate(by_did), driver.settings))
    assert again.platform_account_id == resolved.platform_account_id


def test_check_passes_until_the_session_ends() -> None:
    driver = Driver()
    account = driver.connect()
    driver.run(PLATFORM.check(facts(account), driver.settings))
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    driver.now += timedelta(hours=3)
    failure = failed(lambda: driver.run(PLATFORM.check(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_revoked_account_fails_its_check() -> None:
    driver = Driver()
    account = driver.connect("auth_revoked")
    failure = failed(lambda: driver.run(PLATFORM.check(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_wrong_password_and_unknown_handle_have_different_errors() -> None:
    assert isinstance(failed(lambda: Driver().connect(appPassword="wrong")), InputRefused)
    failure = failed(lambda: Driver().connect(identifier="unknown.test"))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "bluesky.connect.handle_unresolved"


@pytest.mark.parametrize("named", [{}, {"pdsUrl": Driver().root}])
@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("directory_gone", FailureKind.REJECTED),
        ("directory_rate_limited", FailureKind.RATE_LIMITED),
        ("directory_unavailable", FailureKind.UNAVAILABLE),
        ("directory_unanswered", FailureKind.UNAVAILABLE),
    ],
)
def test_account_does_not_connect_when_the_directory_does_not_confirm_it(
    scenario: str, kind: FailureKind, named: dict[str, str]
) -> None:
    failure = failed(lambda: Driver().connect(scenario, **named))
    assert failure.kind is kind
    assert isinstance(failure, InputRefused) is (kind is FailureKind.REJECTED)


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Grüße an 🎉 https://example.org/a?b=1. #Über $AAPL"},
        {"text": "", "media": (PICTURE,) * 4},
        {"text": "card", "options": {"linkCard": {"url": "https://example.com", "title": "A"}}},
        {
            "text": "card",
            "options": {"linkCard": {"url": "https://example.com", "title": "A", "thumbnail": "med_1"}},
            "option_media": {"linkCard.thumbnail": PICTURE},
        },
        {"text": "labelled", "options": {"langs": ["en", "de"], "labels": ["nudity"]}},
    ],
)
def test_post_is_accepted_and_visible(content: dict[str, Any]) -> None:
    driver = Driver()
    [live] = driver.publish(driver.connect(), **content)
    assert isinstance(live, Live)
    assert driver.visible() == [content["text"]]


def test_thread_with_gate_and_comment_is_visible_in_order() -> None:
    driver = Driver()
    said = driver.publish(
        driver.connect(),
        text="one",
        thread=(ThreadPart(text="two", media=(PICTURE,)), ThreadPart(text="three")),
        first_comment="comment",
        options={"threadgate": {"allow": ["followers", "mentioned"]}},
    )
    assert [type(one) for one in said] == [Part, Extra, Part, Part, Live, Extra]
    assert driver.visible() == ["one", "two", "three", "comment"]
    posts = PLATFORM.simulator.posts(driver.state)
    assert [post.reply_to for post in posts] == [None, posts[0].uri, posts[1].uri, posts[0].uri]


def test_post_can_reply_quote_and_mention() -> None:
    driver = Driver()
    account = driver.connect()
    [first] = driver.publish(account, text="first")
    assert isinstance(first, Live)
    reference = {"uri": first.uri, "cid": first.cid}
    driver.now += timedelta(seconds=1)
    options = {"replyTo": reference, "quote": reference}
    driver.publish(account, text=f"@{account.handle} and @unknown.test", options=options)
    response = PLATFORM.simulator.posts(driver.state)[1]
    assert response.reply_to == first.uri
    [mention] = response.record["facets"]
    assert mention["features"][0]["did"] == account.platform_account_id


def test_putting_the_same_post_twice_creates_one() -> None:
    driver = Driver()
    post = driver.ready(driver.connect(), text="once", media=(PICTURE,))
    for _ in range(2):
        driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["once"]


def test_lost_post_is_found_and_not_repeated() -> None:
    driver = Driver()
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, text="once")
    with pytest.raises(NoReply):
        driver.run(PLATFORM.publish(post, driver.settings))
    [*_, put] = [call for call in driver.seen if isinstance(call, Call)]
    found = driver.run(PLATFORM.reconcile(post, Intent(put, driver.now), driver.settings))
    assert isinstance(found, Found)
    driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["once"]


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("auth_revoked", FailureKind.AUTH_FAILED),
        ("rejected", FailureKind.REJECTED),
        ("unavailable", FailureKind.IN_DOUBT),
        ("flaky", FailureKind.IN_DOUBT),
        ("duplicate", FailureKind.DUPLICATE),
    ],
)
def test_scenario_has_its_outcome(scenario: str, kind: FailureKind) -> None:
    driver = Driver()
    account = driver.connect(scenario)
    failure = failed(lambda: driver.publish(account, text="hello"))
    assert failure.kind is kind
    assert (failure.retry_at is not None) == (scenario == "rate_limited")
    assert "hello" not in driver.visible()


def test_unresponsive_server_is_left_to_the_driver() -> None:
    driver = Driver()
    account = driver.connect("processing_forever")
    with pytest.raises(NoReply):
        driver.publish(account, text="hello")


def test_expired_token_is_detected_and_can_be_refreshed() -> None:
    driver = Driver()
    account = driver.connect("token_expiring")
    driver.now += timedelta(seconds=6)
    post = driver.ready(account, text="hello")
    [put] = first_calls(PLATFORM.publish(post, driver.settings))
    assert PLATFORM.needs_refresh(driver.send(put))
    driver.credential = driver.run(PLATFORM.refresh(facts(account), driver.settings))
    driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["hello"]


def test_session_of_a_disconnected_account_is_over() -> None:
    driver = Driver()
    account = driver.connect()
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED
