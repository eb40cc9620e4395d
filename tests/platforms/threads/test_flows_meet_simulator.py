"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from datetime import timedelta
from functools import partial

import pytest

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind, GaveUp
from letmepost.domain.flow import Found, Live, Warn
from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.threads import PLATFORM
from tests.doubles.faults import Way
from tests.doubles.media import image, video
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker


@pytest.fixture
def driver() -> Worker:
    return Worker(platform=PLATFORM)


def test_person_consents_and_their_account_is_connected(driver: Worker) -> None:
    code = driver.consent("allow")["code"]
    [account] = driver.exchange(f"{code}#_")
    assert account.handle is not None
    assert account.handle.startswith("sandbox_")
    assert account.scopes == (
        "threads_basic",
        "threads_content_publish",
        "threads_manage_replies",
        "threads_read_replies",
        "threads_delete",
        "threads_location_tagging",
        "threads_share_to_instagram",
    )
    assert account.credential.expires_at == driver.now + timedelta(days=60)
    assert failed(lambda: driver.exchange(code)).kind is FailureKind.AUTH_FAILED


def test_check_passes_until_the_token_expires_and_a_refresh_extends_it(driver: Worker) -> None:
    account = driver.connect()
    driver.run(PLATFORM.check(facts(account), driver.settings))
    assert failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings))).kind is FailureKind.REJECTED
    driver.now += timedelta(days=40)
    driver.credential = driver.run(PLATFORM.refresh(facts(account), driver.settings))
    driver.now += timedelta(days=40)
    driver.run(PLATFORM.check(facts(account), driver.settings))
    driver.now += timedelta(days=20)
    over = (PLATFORM.check(facts(account), driver.settings), PLATFORM.refresh(facts(account), driver.settings))
    assert [failed(partial(driver.run, flow)).kind for flow in over] == [FailureKind.AUTH_FAILED] * 2


def test_post_can_reply_and_quote(driver: Worker) -> None:
    account = driver.connect()
    [first] = driver.publish(account, text="first")
    assert isinstance(first, Live)
    driver.publish(account, text="second", options={"replyToId": first.uri, "quotePostId": first.uri})
    response = driver.posts()[1]
    assert (response.reply_to, response.record["quote_post_id"]) == (first.uri, first.uri)


@pytest.mark.parametrize(
    ("scenario", "warnings"), [("ok", []), ("instagram_unlinked", ["threads.share_to_instagram.unconfirmed"])]
)
def test_post_is_shared_or_published_with_a_warning(driver: Worker, scenario: str, warnings: list[str]) -> None:
    announced = driver.publish(driver.connect(scenario), options={"shareToInstagram": True})
    assert [what.code for what in announced if isinstance(what, Warn)] == warnings
    assert isinstance(announced[-1], Live)
    assert driver.visible() == ["hello"]


def test_options_without_their_permission_do_not_end_the_connection(driver: Worker) -> None:
    [account] = driver.exchange(driver.consent("allow-less")["code"])
    driver.use(account)
    announced = driver.publish(account, "shared", options={"shareToInstagram": True})
    assert [what.code for what in announced if isinstance(what, Warn)] == ["threads.share_to_instagram.unconfirmed"]
    failure = failed(lambda: driver.publish(account, options={"locationId": "5", "shareToInstagram": True}))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.location.permission")
    assert driver.visible() == ["shared"]


def test_lost_post_that_was_published_unshared_is_found(driver: Worker) -> None:
    [account] = driver.exchange(driver.consent("allow-less")["code"])
    driver.use(account)
    post = driver.ready(account, options={"shareToInstagram": True})
    driver.ways = {len(driver.requests) + 2: Way.LOST_AFTER}  # after two containers
    assert driver.work(post) == "published"
    assert driver.visible() == ["hello"]
    assert [what.code for what in driver.announced if isinstance(what, Warn)] == [
        "threads.share_to_instagram.unconfirmed"
    ]
    assert [failure.kind for failure in driver.failures] == [FailureKind.IN_DOUBT]


def test_reply_to_a_deleted_post_is_rejected_after_a_while(driver: Worker) -> None:
    account = driver.connect()
    failure = failed(lambda: driver.publish(account, text="hello", options={"replyToId": "5"}))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.reference.not_found")


def test_lost_post_is_found_among_later_posts(driver: Worker) -> None:
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account)
    intent = driver.lose(post)
    for number in range(40):
        driver.advance(seconds=1)
        driver.lose(driver.ready(account, f"later {number}"))
    assert isinstance(driver.look_for(post, intent), Found)


def test_container_that_was_already_published_is_found(driver: Worker) -> None:
    post = driver.ready(driver.connect(), "once")
    driver.finish(post)
    del driver.journal.steps["post"]
    [live] = driver.finish(post)
    assert isinstance(live, Live)
    assert driver.visible() == ["once"]


def test_wait_for_a_text_that_is_never_ready_ends(driver: Worker) -> None:
    account = driver.connect("processing_forever")
    assert isinstance(failed(lambda: driver.publish(account, text="hello")), GaveUp)


def test_used_up_daily_quota_is_reported(driver: Worker) -> None:
    account = driver.connect()
    for number in range(250):
        driver.publish(account, text=str(number))
    failure = failed(lambda: driver.publish(account, text="hello"))
    assert (failure.kind, failure.rule) == (FailureKind.QUOTA_EXHAUSTED, "threads.quota.day")
    driver.now += timedelta(days=1)
    driver.publish(account, text="hello")
    assert driver.visible()[-1] == "hello"


def test_expired_container_is_created_again(driver: Worker) -> None:
    post = driver.ready(driver.connect(), "late", media=(image(),))
    assert driver.attempt(post) is not None
    driver.advance(days=1)
    driver.finish(post)
    assert [call.step for call in driver.calls].count("post-container") == 2
    assert driver.visible() == ["late"]


@pytest.mark.parametrize("media", [(), (image(),), (video(),), (image(1), video(2), image(3))])
def test_post_has_a_link_and_shows_every_media_item(driver: Worker, media: tuple[MediaItem, ...]) -> None:
    [live] = driver.publish(driver.connect(), media=media)
    assert isinstance(live, Live)
    assert live.url == f"{driver.root}{post_path(live.uri)}"
    [post] = driver.posts()
    assert len(post.record["media"]) == len(media)
