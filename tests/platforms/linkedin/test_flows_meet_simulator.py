"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, LimitScope, NoReply
from letmepost.domain.flow import Call, Effect, Extra, Found, Intent, Live, Reconciled, Unknown, Warn
from letmepost.domain.playback import first_calls
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin import PLATFORM
from tests.doubles.simulated import PausedError, facts, failed
from tests.platforms.linkedin.driver import Driver
from tests.platforms.linkedin.transcripts import document, image

POLL = {"poll": {"question": "Which?", "options": ["This", "That"], "duration": "ONE_DAY"}}
ARTICLE = {"article": {"url": "https://example.com/a", "title": "A", "description": "About", "thumbnail": "med_1"}}
CONTENTS: list[dict[str, Any]] = [
    {"text": "Grüße (an alle) 🎉 https://example.org/a_b?c=~d #Über #snake_case @someone *so*"},
    {"text": "", "media": (image(),)},
    {"text": "many", "media": tuple(image(number) for number in range(1, 21))},
    {"text": "read this", "media": (document(),), "options": {"documentTitle": "Deck"}},
    {"text": "look", "options": ARTICLE, "option_media": {"article.thumbnail": image(9)}},
    {"text": "no picture", "options": {"article": {"url": "https://example.com", "title": "A"}}},
    {"text": "vote", "options": POLL},
    {"text": "for some", "options": {"visibility": "CONNECTIONS"}},
]


def post_call(driver: Driver) -> Call:
    """Return the last call that was to create a post."""
    calls = [call for call in driver.seen if isinstance(call, Call) and call.effect is Effect.PUBLISH]
    return calls[-1]


def reconciled(driver: Driver, post: ReadyPost, call: Call, seconds_later: float = 90) -> Reconciled:
    intent = Intent(call, driver.now)
    driver.now += timedelta(seconds=seconds_later)
    return driver.run(PLATFORM.reconcile(post, intent, driver.settings))


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
    assert callback["state"] == "s1"


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
        failed(lambda: driver.exchange(callback["code"], "https://elsewhere.example")).kind is FailureKind.AUTH_FAILED
    )
    assert failed(lambda: driver.exchange(callback["code"])).kind is FailureKind.AUTH_FAILED
    late = driver.consent("member")
    driver.now += timedelta(minutes=31)
    assert failed(lambda: driver.exchange(late["code"])).kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: str(content["text"])[:9])
def test_post_is_accepted_and_fully_visible(content: dict[str, Any]) -> None:
    driver = Driver()
    [live] = driver.publish(driver.connect(), **content)
    assert isinstance(live, Live)
    assert live.url is not None
    assert live.uri in live.url
    assert driver.visible() == [content["text"]]


def test_page_publishes_by_itself_and_through_its_member() -> None:
    driver = Driver()
    member, page, _ = driver.connect_pages()
    driver.publish(page, text="by itself", media=(image(),))
    driver.publish(member, text="by its member", options={"author": page.platform_account_id})
    assert {post.account_id for post in PLATFORM.simulator.posts(driver.state)} == {page.platform_account_id}


def test_first_comment_follows_the_post() -> None:
    driver = Driver()
    live, comment = driver.publish(driver.connect(), text="post", first_comment="More (here): #tag")
    assert isinstance(live, Live)
    assert isinstance(comment, Extra)
    [_, seen] = PLATFORM.simulator.posts(driver.state)
    assert (seen.text, seen.reply_to, seen.uri) == ("More (here): #tag", live.uri, comment.uri)


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


def test_post_can_be_deleted_repeatedly() -> None:
    driver = Driver()
    account = driver.connect()
    live, comment = driver.publish(account, text="post", first_comment="comment")
    assert isinstance(live, Live)
    assert isinstance(comment, Extra)
    assert PLATFORM.unpublish is not None
    for _ in range(2):
        driver.run(PLATFORM.unpublish(facts(account), [live.uri, comment.uri], driver.settings))
        assert driver.visible() == []


@pytest.mark.parametrize("content", [CONTENTS[0], CONTENTS[1], CONTENTS[2], CONTENTS[4]])
def test_lost_post_is_found_and_not_repeated(content: dict[str, Any]) -> None:
    driver = Driver()
    post = driver.ready(driver.connect("timeout_after_publish"), **content)
    with pytest.raises(NoReply):
        driver.run_to_the_end(post)
    [seen] = PLATFORM.simulator.posts(driver.state)
    found = reconciled(driver, post, post_call(driver))
    assert isinstance(found, Found)
    assert found.reply.headers["x-restli-id"] == seen.uri
    assert len(driver.visible()) == 1


def test_success_without_a_urn_is_found() -> None:
    driver = Driver()
    post = driver.ready(driver.connect("silent_success"), text="once")
    assert failed(lambda: driver.run_to_the_end(post)).kind is FailureKind.IN_DOUBT
    assert isinstance(reconciled(driver, post, post_call(driver)), Found)
    assert driver.visible() == ["once"]


def test_post_that_was_not_executed_is_published_by_the_repeat() -> None:
    driver = Driver()
    post = driver.ready(driver.connect("flaky"), text="once")
    assert failed(lambda: driver.run_to_the_end(post)).kind is FailureKind.IN_DOUBT
    assert driver.visible() == []
    assert isinstance(reconciled(driver, post, post_call(driver)), Found)
    assert driver.visible() == ["once"]


def test_repeat_is_too_late_after_ten_minutes() -> None:
    driver = Driver()
    post = driver.ready(driver.connect("timeout_after_publish"), text="once")
    with pytest.raises(NoReply):
        driver.run_to_the_end(post)
    assert isinstance(reconciled(driver, post, post_call(driver), seconds_later=3601), Unknown)
    assert driver.visible() == ["once"]


@pytest.mark.parametrize("content", [CONTENTS[3], CONTENTS[6]], ids=["document", "poll"])
def test_post_whose_repeat_may_not_be_detected_is_not_repeated(content: dict[str, Any]) -> None:
    driver = Driver()
    post = driver.ready(driver.connect("timeout_after_publish"), **content)
    with pytest.raises(NoReply):
        driver.run_to_the_end(post)
    assert isinstance(reconciled(driver, post, post_call(driver)), Unknown)
    assert len(driver.visible()) == 1


@pytest.mark.parametrize("content", [CONTENTS[0], CONTENTS[2], CONTENTS[3], CONTENTS[6]])
def test_post_of_a_page_is_found_by_a_read(content: dict[str, Any]) -> None:
    driver = Driver()
    page = driver.connect_pages()[1]
    post = driver.ready(page, **content)
    [live] = driver.run_to_the_end(post)
    assert isinstance(live, Live)
    call = post_call(driver)
    driver.seen.clear()
    found = reconciled(driver, post, call)
    assert isinstance(found, Found)
    assert found.reply.headers["x-restli-id"] == live.uri
    assert [call.method for call in driver.seen if isinstance(call, Call)] == ["GET"]


def test_missing_post_of_a_page_is_repeated() -> None:
    driver = Driver()
    page = driver.connect_pages()[1]
    post = driver.ready(page, text="once")
    [call] = first_calls(PLATFORM.publish(post, driver.settings))
    assert isinstance(reconciled(driver, post, call), Found)
    assert driver.visible() == ["once"]


def test_lost_comment_is_searched_for_and_never_repeated() -> None:
    driver = Driver()
    account = driver.connect()
    post = driver.ready(account, text="post", first_comment="comment")
    driver.run_to_the_end(post)
    call = post_call(driver)
    assert call.step == "comment"
    assert isinstance(reconciled(driver, post, call), Found)
    for key in [key for key in driver.state if key.startswith("comment/")]:
        del driver.state[key]
    assert isinstance(reconciled(driver, post, call), Unknown)
    assert driver.visible() == ["post"]


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("quota_exhausted", FailureKind.QUOTA_EXHAUSTED),
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
    assert failure.scope is LimitScope.ACCOUNT
    assert (failure.retry_at is not None) == (scenario == "rate_limited")
    assert driver.visible() == []


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


def test_slow_response_is_waited_for() -> None:
    driver = Driver()
    driver.publish(driver.connect("slow"), text="hello")
    assert driver.visible() == ["hello"]


def test_media_that_are_never_ready_pause_the_post() -> None:
    driver = Driver()
    post = driver.ready(driver.connect("processing_forever"), text="look", media=(image(),))
    with pytest.raises(PausedError):
        driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == []


def test_expired_token_is_detected_and_refreshed_where_the_app_may() -> None:
    driver = Driver()
    account = driver.connect("token_expiring")
    assert account.token_expires_at == driver.now + timedelta(days=365)
    driver.now += timedelta(seconds=6)
    post = driver.ready(account, text="hello")
    [call] = first_calls(PLATFORM.publish(post, driver.settings))
    assert PLATFORM.needs_refresh(driver.send(call))
    fresh = driver.run(PLATFORM.refresh(facts(account), driver.settings))
    assert driver.credential is not None
    assert fresh.secrets["refresh_token"] == driver.credential.secrets["refresh_token"]
    driver.credential = fresh
    driver.run(PLATFORM.publish(post, driver.settings))
    assert driver.visible() == ["hello"]


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
        driver.seen.clear()
        driver.run(PLATFORM.check(facts(account), driver.settings))
        calls = [call for call in driver.seen if isinstance(call, Call)]
        assert [call.url.rpartition("/")[2] for call in calls] == paths
        assert {call.effect for call in calls} == {Effect.READ}


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
