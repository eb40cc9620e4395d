"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import replace

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, InputRefused
from letmepost.domain.flow import Extra, Live, Part, Warn
from letmepost.domain.received import Checksum
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.connect import ConnectInput, connect
from letmepost.platforms.bluesky.simulator import SIMULATOR
from tests.doubles.media import image, video
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker

DIRECT = {"video_upload": "server"}


@pytest.fixture
def driver() -> Worker:
    return Worker(platform=PLATFORM)


def test_account_is_connected_by_handle(driver: Worker) -> None:
    account = driver.connect()
    assert account.platform_account_id.startswith("did:plc:")
    assert account.handle is not None
    assert account.handle.endswith(".test")
    assert account.data["pds"] == driver.root


def test_account_is_connected_by_did_and_at_a_named_server(driver: Worker) -> None:
    account = driver.connect(pdsUrl=driver.root)
    assert account.data["pds"] == driver.root
    given = driver.create_account()
    resolved = driver.run(connect(ConnectInput.model_validate(given), driver.settings))
    by_did = {**given, "identifier": resolved.platform_account_id}
    again = driver.run(connect(ConnectInput.model_validate(by_did), driver.settings))
    assert again.platform_account_id == resolved.platform_account_id


def test_check_passes_until_the_session_ends(driver: Worker) -> None:
    account = driver.connect()
    driver.run(PLATFORM.check(facts(account), driver.settings))
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    driver.advance(hours=3)
    failure = failed(lambda: driver.run(PLATFORM.check(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_wrong_password_and_unknown_handle_have_different_errors(driver: Worker) -> None:
    assert isinstance(failed(lambda: driver.connect(appPassword="wrong")), InputRefused)
    failure = failed(lambda: driver.connect(identifier="unknown.test"))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "bluesky.connect.handle_unresolved"


@pytest.mark.parametrize("is_named", [False, True])
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
    driver: Worker, scenario: str, kind: FailureKind, *, is_named: bool
) -> None:
    named = {"pdsUrl": driver.root} if is_named else {}
    failure = failed(lambda: driver.connect(scenario, **named))
    assert failure.kind is kind
    assert isinstance(failure, InputRefused) is (kind is FailureKind.REJECTED)


def test_thread_with_gate_and_comment_is_visible_in_order(driver: Worker) -> None:
    said = driver.publish(
        driver.connect(),
        text="one",
        thread=(ThreadPart(text="two", media=(image(),)), ThreadPart(text="three")),
        first_comment="comment",
        options={"threadgate": {"allow": ["followers", "mentioned"]}},
    )
    assert [type(one) for one in said] == [Part, Extra, Part, Part, Live, Extra]
    assert driver.visible() == ["one", "two", "three", "comment"]
    posts = driver.posts()
    assert [post.reply_to for post in posts] == [None, posts[0].uri, posts[1].uri, posts[0].uri]


def test_post_can_reply_quote_and_mention(driver: Worker) -> None:
    account = driver.connect()
    [first] = driver.publish(account, text="first")
    assert isinstance(first, Live)
    reference = {"uri": first.uri, "cid": first.cid}
    driver.advance(seconds=1)
    options = {"replyTo": reference, "quote": reference}
    driver.publish(account, text=f"@{account.handle} and @unknown.test", options=options)
    response = driver.posts()[1]
    assert response.reply_to == first.uri
    [mention] = response.record["facets"]
    assert mention["features"][0]["did"] == account.platform_account_id


def test_putting_the_same_post_twice_creates_one(driver: Worker) -> None:
    post = driver.ready(driver.connect(), "once", media=(image(),))
    for _ in range(2):
        driver.journal.steps.clear()
        driver.finish(post)
    assert driver.visible() == ["once"]


def test_video_is_shown_whole_in_a_part_of_a_thread(driver: Worker) -> None:
    item = replace(video(), alt_text="A cat runs")
    driver.publish(driver.connect(), text="one", thread=(ThreadPart(text="two", media=(item,)),))
    [_, part] = driver.posts()
    sent = b"".join([b"\x00\x00\x00\x18ftypmp42", b"\n" * 4_988])
    assert part.record["video"] == {"sizeBytes": 5_000, "checksum": str(Checksum.of(sent))}
    assert part.record["embed"]["alt"] == "A cat runs"


def test_video_is_sent_once_although_its_processing_takes_several_runs(driver: Worker) -> None:
    driver.publish(driver.connect(), media=(video(),))
    sent = [request.method for request in driver.requests if "uploadVideo" in request.url]
    assert sent == ["POST"]
    assert len([call for call in driver.calls if "getServiceAuth" in call.url]) == 1


@pytest.mark.parametrize("scenario", ["ok", "video_reply_lost"])
def test_video_can_be_uploaded_to_the_account_s_own_server(scenario: str) -> None:
    direct = replace(SIMULATOR, settings=lambda base: SIMULATOR.settings(base).model_copy(update=DIRECT))
    driver = Worker(platform=replace(PLATFORM, simulator=direct))
    said = driver.publish(driver.connect(scenario), media=(video(),))
    assert [type(one) for one in said] == [Warn, Live]
    [post] = driver.posts()
    assert post.record["embed"]["video"]["size"] == post.record["video"]["sizeBytes"] == 5_000
    assert not any("app.bsky.video" in request.url for request in driver.requests)


def test_session_of_a_disconnected_account_is_over(driver: Worker) -> None:
    account = driver.connect()
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    driver.run(PLATFORM.disconnect(facts(account), driver.settings))
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED
