"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Effect, Found, Intent, Live, Unknown, Warn
from letmepost.domain.playback import first_calls
from letmepost.domain.received import Checksum
from letmepost.platforms.linkedin import PLATFORM
from tests.doubles.media import STARTS
from tests.doubles.simulated import facts, failed
from tests.platforms.linkedin.driver import Driver
from tests.platforms.linkedin.transcripts import document, image, video

POLL = {"poll": {"question": "Which?", "options": ["This", "That"], "duration": "ONE_DAY"}}
CONTENTS: list[dict[str, Any]] = [
    {"text": "Grüße (an alle) 🎉 https://example.org/a_b?c=~d #Über #snake_case @someone *so*"},
    {"text": "many", "media": tuple(image(number) for number in range(1, 21))},
    {"text": "read this", "media": (document(),), "options": {"documentTitle": "Deck"}},
    {"text": "vote", "options": POLL},
]


def test_consent_covers_the_member_and_every_page() -> None:
    driver = Driver()
    member, *pages = driver.connect_pages()
    assert member.platform_account_id.startswith("urn:li:person:")
    assert [page.display_name for page in pages] == ["Sandbox Works", "Sandbox Labs"]
    assert all(page.handle and page.platform_account_id.startswith("urn:li:organization:") for page in pages)
    assert member.data["authors"] == [found.platform_account_id for found in (member, *pages)]
    assert {found.token_expires_at for found in (member, *pages)} == {driver.now + timedelta(days=60)}
    assert "w_organization_social" in member.scopes


@pytest.mark.parametrize("choice", ["deny", "deny_login"])
def test_denied_consent_returns_the_reason(choice: str) -> None:
    callback = Driver().consent(choice)
    assert callback["error"].startswith("user_cancelled_")
    assert callback["state"] == "s&t"


def test_second_consent_of_a_member_is_the_same_account() -> None:
    driver = Driver()
    first = driver.connect()
    [again] = driver.exchange(driver.consent(first.platform_account_id.rpartition(":")[2])["code"])
    assert again.platform_account_id == first.platform_account_id
    assert again.credential != first.credential


def test_code_is_valid_once_for_a_short_time_and_for_one_uri() -> None:
    driver = Driver()
    callback = driver.consent("member")
    assert (
        failed(lambda: driver.exchange(callback["code"], redirect_uri="https://elsewhere.example")).kind
        is FailureKind.AUTH_FAILED
    )
    assert failed(lambda: driver.exchange(callback["code"])).kind is FailureKind.AUTH_FAILED
    late = driver.consent("member")
    driver.now += timedelta(minutes=31)
    assert failed(lambda: driver.exchange(late["code"])).kind is FailureKind.AUTH_FAILED


def test_page_publishes_by_itself_and_through_its_member() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    driver.publish(page, text="by itself", media=(image(),))
    driver.publish(member, text="by its member", options={"author": page.platform_account_id})
    assert {post.account_id for post in PLATFORM.simulator.posts(driver.state)} == {page.platform_account_id}


def test_page_that_the_stored_list_lacks_is_an_author_if_linkedin_accepts_it() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    outdated = replace(member, data={**member.data, "authors": [member.platform_account_id]})
    driver.publish(outdated, text="new page", media=(image(),), options={"author": page.platform_account_id})
    [post] = PLATFORM.simulator.posts(driver.state)
    assert post.account_id == page.platform_account_id


@pytest.mark.parametrize("media", [(), (image(),)])
def test_page_that_the_member_has_lost_is_refused_with_the_rule_for_authors(media: tuple[MediaItem, ...]) -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    key = f"member/{member.platform_account_id.rpartition(':')[2]}"
    driver.state[key] = {**driver.state[key], "organizations": []}
    options = {"author": page.platform_account_id}
    failure = failed(lambda: driver.publish(member, text="lost page", media=media, options=options))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "linkedin.author.unresolved")
    assert page.platform_account_id in failure.message
    assert PLATFORM.simulator.posts(driver.state) == []


def test_mention_of_a_page_is_shown_as_its_name_and_linked() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    text = f"Thanks, @[{page.display_name}]({page.platform_account_id})! #h\xe9llo_w\xf6rld"
    driver.publish(member, text=text)
    [seen] = PLATFORM.simulator.posts(driver.state)
    assert seen.text == "Thanks, Sandbox Works! #h\xe9llo_w\xf6rld"
    assert seen.record["mentions"] == [page.platform_account_id]
    assert seen.record["hashtags"] == ["h\xe9llo_w\xf6rld"]


def test_person_is_mentioned_by_the_full_name_or_a_part_of_it() -> None:
    driver = Driver()
    account = driver.connect()
    urn, name = account.platform_account_id, str(account.display_name)
    names = [name, *name.split()]
    for written in names:
        driver.publish(account, text=f"By @[{written}]({urn})")
    assert [post.record["mentions"] for post in PLATFORM.simulator.posts(driver.state)] == [[urn]] * len(names)


@pytest.mark.parametrize("name", ["sandbox works", "Sandbox", "Sandbox Works Ltd"])
def test_mention_by_another_name_is_plain_text(name: str) -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    driver.publish(member, text=f"Thanks, @[{name}]({page.platform_account_id})")
    [seen] = PLATFORM.simulator.posts(driver.state)
    assert (seen.text, seen.record["mentions"]) == (f"Thanks, {name}", [])


def test_mention_of_an_unknown_entity_is_plain_text() -> None:
    driver = Driver()
    driver.publish(driver.connect(), text="@[Acme](urn:li:organization:1) and @[Ann](urn:li:person:x)")
    [seen] = PLATFORM.simulator.posts(driver.state)
    assert (seen.text, seen.record["mentions"]) == ("Acme and Ann", [])


def test_post_in_the_state_of_an_earlier_release_is_shown_without_links() -> None:
    driver = Driver()
    driver.publish(driver.connect(), text="#tag")
    [key] = [key for key in driver.state if key.startswith("post/")]
    old = {name: value for name, value in driver.state[key].items() if name not in {"hashtags", "mentions"}}
    driver.state[key] = old
    [seen] = PLATFORM.simulator.posts(driver.state)
    assert (seen.text, seen.record["hashtags"], seen.record["mentions"]) == ("#tag", [], [])


SRT = "00:00:01,000 --> 00:00:04,000\nHello.\n"


@pytest.mark.parametrize("scenario", ["ok", "upload_stops", "upload_expired"])
def test_video_arrives_whole_with_its_captions_whatever_happens_to_its_upload(scenario: str) -> None:
    driver = Driver()
    film = video("A film", size_bytes=5_000_000)
    post = driver.ready(driver.connect(scenario), media=(film,), options={"captions": SRT})
    assert driver.work(post) == "published"
    [seen] = driver.posts()
    content = STARTS["video/mp4"].ljust(5_000_000, b"\n")
    assert seen.uri.startswith("urn:li:ugcPost:")
    assert seen.record["content"]["media"]["title"] == "A film"
    assert seen.record["video"] == {"sizeBytes": 5_000_000, "checksum": str(Checksum.of(content))}
    assert seen.record["captions"] == {"sizeBytes": len(SRT), "checksum": str(Checksum.of(SRT.encode()))}


def test_video_of_a_page_is_found_by_a_read() -> None:
    driver = Driver()
    post = driver.ready(driver.connect_pages()[1], media=(video(size_bytes=80_000),))
    driver.finish(post)
    driver.advance(seconds=90)
    assert isinstance(driver.look_for(post, driver.intents()[-1]), Found)
    assert driver.visible() == ["hello"]


def test_lost_video_of_a_member_is_never_repeated() -> None:
    """Whether LinkedIn detects the repeat of a video is not documented."""
    driver = Driver()
    post = driver.ready(driver.connect("timeout_after_publish"), media=(video(size_bytes=80_000),))
    intent = driver.lose(post)
    driver.advance(seconds=90)
    assert isinstance(driver.look_for(post, intent), Unknown)
    assert driver.visible() == ["hello"]


def test_repeat_is_too_late_after_ten_minutes() -> None:
    driver = Driver()
    post = driver.ready(driver.connect("timeout_after_publish"), "once")
    intent = driver.lose(post)
    driver.advance(hours=1)
    assert isinstance(driver.look_for(post, intent), Unknown)
    assert driver.visible() == ["once"]


@pytest.mark.parametrize("content", CONTENTS)
def test_post_of_a_page_is_found_by_a_read(content: dict[str, Any]) -> None:
    driver = Driver()
    page = driver.connect_pages()[1]
    post = driver.ready(page, **content)
    [live] = driver.finish(post)
    assert isinstance(live, Live)
    assert live.url is not None
    assert live.uri in live.url
    driver.calls.clear()
    driver.advance(seconds=90)
    found = driver.look_for(post, driver.intents()[-1])
    assert isinstance(found, Found)
    assert found.reply.headers["x-restli-id"] == live.uri
    assert [call.method for call in driver.calls] == ["GET"]


def test_missing_post_of_a_page_is_repeated() -> None:
    driver = Driver()
    post = driver.ready(driver.connect_pages()[1], "once")
    [call] = first_calls(PLATFORM.publish(post, driver.settings))
    intent = Intent(call, driver.now)
    driver.advance(seconds=90)
    assert isinstance(driver.look_for(post, intent), Found)
    assert driver.visible() == ["once"]


def test_daily_limit_ends_at_midnight_utc() -> None:
    driver = Driver()
    account = driver.connect()
    for number in range(150):
        driver.publish(account, text=f"post {number}")
    failure = failed(lambda: driver.publish(account, text="one more"))
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    assert failure.kind is FailureKind.QUOTA_EXHAUSTED
    assert PLATFORM.resets is not None
    assert PLATFORM.resets(driver.now) == midnight
    driver.now = midnight
    driver.publish(account, text="one more")
    assert driver.visible()[-1] == "one more"


def test_same_text_is_rejected_as_a_duplicate() -> None:
    driver = Driver()
    account = driver.connect()
    driver.publish(account, text="hello")
    failure = failed(lambda: driver.publish(account, text="hello"))
    assert (failure.kind, failure.rule) == (FailureKind.DUPLICATE, "linkedin.text.duplicate")


def test_only_a_person_can_renew_a_year_after_the_consent() -> None:
    driver = Driver()
    account = driver.connect("token_expiring")
    driver.now += timedelta(days=366)
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_permission_without_a_refresh_token_ends_after_sixty_days() -> None:
    driver = Driver()
    account = driver.connect()
    driver.now += timedelta(days=61)
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED
    assert failed(lambda: driver.run(PLATFORM.check(facts(account), driver.settings))).kind is FailureKind.AUTH_FAILED


def test_check_is_one_call_to_the_authorization_server_and_one_for_the_pages_of_a_member() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    for account, paths in [(member, ["introspectToken", "organizationAcls"]), (page, ["introspectToken"])]:
        driver.calls.clear()
        driver.run(PLATFORM.check(facts(account), driver.settings))
        assert [call.url.rpartition("/")[2] for call in driver.calls] == paths
        assert {call.effect for call in driver.calls} == {Effect.READ}


def test_check_finds_the_pages_that_the_member_lost() -> None:
    driver = Driver()
    member, first, _ = driver.connect_pages()
    key = f"member/{member.platform_account_id.rpartition(':')[2]}"
    simulated = driver.state[key]
    driver.state[key] = {**simulated, "organizations": simulated["organizations"][:1]}
    data = driver.run(PLATFORM.check(facts(member), driver.settings))
    assert data == {**member.data, "authors": [member.platform_account_id, first.platform_account_id]}


def test_revoked_permission_fails_the_check() -> None:
    driver = Driver()
    account = driver.connect("auth_revoked")
    assert failed(lambda: driver.run(PLATFORM.check(facts(account), driver.settings))).kind is FailureKind.AUTH_FAILED


def test_disconnecting_one_account_keeps_the_shared_permission() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    driver.run(PLATFORM.disconnect(facts(page), driver.settings))
    driver.publish(member, text="still here")
    assert driver.visible() == ["still here"]


def test_refused_comment_is_a_warning() -> None:
    driver = Driver()
    account = driver.connect()
    said = driver.publish(account, text="post", first_comment="c" * 1251)
    assert [type(one) for one in said] == [Live, Warn]


def test_version_is_refused_after_its_sunset_without_blaming_the_account() -> None:
    driver = Driver()
    assert PLATFORM.sunset is not None
    sunset = datetime(PLATFORM.sunset.year, PLATFORM.sunset.month, PLATFORM.sunset.day, tzinfo=UTC)
    driver.now = sunset - timedelta(days=1)
    account = driver.connect()
    driver.publish(account, text="in time")
    driver.now = sunset
    assert failed(lambda: driver.publish(account, text="too late")).kind is FailureKind.UNAVAILABLE
