"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, InputRefused
from letmepost.domain.flow import Effect, Found, Live
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.pinterest import PLATFORM
from letmepost.platforms.pinterest.resources import (
    CreatePinterestBoard,
    PinterestBoards,
    SetPinterestDefaultBoard,
    boards,
    create,
    set_default,
)
from tests.doubles.media import image
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker
from tests.platforms.pinterest.suite import pin


@pytest.fixture
def driver() -> Worker:
    return Worker(platform=PLATFORM)


def new_board(driver: Worker, account: ConnectedAccount, **body: Any) -> dict[str, Any]:
    flow = create(facts(account), CreatePinterestBoard.model_validate({"name": "Soups", **body}), driver.settings)
    return driver.run(flow).view("acc_1").model_dump(mode="json")


def section_of(driver: Worker, board_id: str) -> str:
    """Create a section; return its id."""
    driver.state["section/7"] = {"id": "7", "board": board_id, "name": "Salads"}
    return "7"


def board_of(account: ConnectedAccount) -> str:
    board_id: str = account.preferences["board"]["id"]
    return board_id


def test_person_consents_and_their_account_is_connected(driver: Worker) -> None:
    code = driver.consent("allow")["code"]
    [account] = driver.exchange(code)
    assert account.scopes == ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
    assert account.credential.expires_at == driver.now + timedelta(days=30)
    assert account.token_expires_at is None
    assert failed(lambda: driver.exchange(code)).kind is FailureKind.AUTH_FAILED


def test_account_without_the_right_to_publish_is_connected_and_its_posts_are_refused(driver: Worker) -> None:
    [account] = driver.exchange(driver.consent("without-pins")["code"])
    assert (account.scopes, account.data, account.preferences) == (("user_accounts:read",), {}, {})
    driver.run(PLATFORM.check(facts(account), driver.settings))
    assert failed(lambda: driver.publish(account, **pin(boardId="5"))).kind is FailureKind.AUTH_FAILED


def test_refresh_token_rolls_and_the_old_one_ends(driver: Worker) -> None:
    account = driver.connect()
    first = account.credential
    for _ in range(4):  # more than the lifetime of the first refresh token
        driver.now += timedelta(days=25)
        driver.refresh()
    driver.run(PLATFORM.check(facts(account), driver.settings))
    driver.credential = first
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_idle_account_must_be_connected_again_after_sixty_days(driver: Worker) -> None:
    account = driver.connect()
    driver.now += timedelta(days=61)
    for flow in (PLATFORM.refresh, PLATFORM.check):
        failure = failed(lambda: driver.run(flow(facts(account), driver.settings)))  # noqa: B023 - called in this turn
        assert failure.kind is FailureKind.AUTH_FAILED


def test_wrong_secret_of_the_app_does_not_end_the_account(driver: Worker) -> None:
    account = driver.connect()
    settings = driver.settings.model_copy(update={"client_id": "other"})
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), settings)))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_pin_is_published_to_a_section(driver: Worker) -> None:
    account = driver.connect()
    section_id = section_of(driver, board_of(account))
    driver.publish(account, **pin(boardSectionId=section_id))
    assert driver.posts()[0].record["board_section_id"] == section_id


def test_lost_pin_of_a_section_is_found(driver: Worker) -> None:
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, **pin(boardSectionId=section_of(driver, board_of(account))))
    assert isinstance(driver.look_for(post, driver.lose(post)), Found)


def test_lost_pin_is_found_among_many_others(driver: Worker) -> None:
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, **pin("lost"))
    intent = driver.lose(post)
    driver.publish(account, **pin("later"))
    [key] = [
        key for key in driver.state if key.startswith("pin/") and driver.state[key]["given"]["description"] == "later"
    ]
    for number in range(260):  # more than a page
        driver.state[f"pin/{number}"] = {**driver.state[key], "id": str(number)}
    assert isinstance(driver.look_for(post, intent), Found)


def test_pin_without_an_id_in_the_response_is_found_and_not_repeated(driver: Worker) -> None:
    account = driver.connect("empty_answer")
    post = driver.ready(account, **pin("once"))
    assert driver.work(post) == "published"
    assert driver.visible() == ["once"]
    assert [call.method for call in driver.calls if call.url.endswith("/pins")].count("POST") == 1


def test_images_that_pinterest_could_not_fetch_at_first_are_published(driver: Worker) -> None:
    started_at = driver.now
    [live] = driver.publish(driver.connect("slow_images"), **pin())
    assert isinstance(live, Live)
    assert timedelta(seconds=20) <= driver.now - started_at <= timedelta(minutes=10)


def test_images_that_pinterest_can_never_fetch_are_given_up_after_half_an_hour(driver: Worker) -> None:
    account, started_at = driver.connect("processing_forever"), driver.now
    failure = failed(lambda: driver.publish(account, **pin()))
    assert failure.rule == "pinterest.url.reachable"
    assert timedelta(minutes=30) <= driver.now - started_at <= timedelta(minutes=40)


def test_board_that_was_deleted_after_scheduling_is_reported(driver: Worker) -> None:
    account = driver.connect()
    post = driver.ready(account, **pin())
    del driver.state[f"board/{board_of(account)}"]
    failure = failed(lambda: driver.finish(post))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "pinterest.board.unknown")
    assert driver.visible() == []


def test_board_of_another_account_is_reported_and_the_account_stays_connected(driver: Worker) -> None:
    foreign = board_of(driver.connect())
    account = driver.connect()
    failure = failed(lambda: driver.publish(account, **pin(boardId=foreign)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "pinterest.board.unknown")
    driver.run(PLATFORM.check(facts(account), driver.settings))


def test_unknown_section_is_reported(driver: Worker) -> None:
    account = driver.connect()
    assert failed(lambda: driver.publish(account, **pin(boardSectionId="5"))).rule == "pinterest.board_section.unknown"


@pytest.mark.parametrize("scenario", ["spam", "trial_app", "not_permitted"])
def test_final_refusal_is_not_retried(driver: Worker, scenario: str) -> None:
    account = driver.connect(scenario)
    assert driver.work(driver.ready(account, **pin())) == "rejected"
    assert [call.effect for call in driver.calls].count(Effect.PUBLISH) == 1


def test_every_board_of_a_long_list_is_read(driver: Worker) -> None:
    account = driver.connect("many_boards")
    assert account.preferences == {}
    assert len(account.data["boards"]) == 25
    shown = driver.run(boards(facts(account), driver.settings))
    assert isinstance(shown, PinterestBoards)
    assert len(shown.data) == len({one.id for one in shown.data}) == 300


def test_new_board_can_be_pinned_to(driver: Worker) -> None:
    account = driver.connect("no_boards")
    made = new_board(driver, account, privacy="SECRET")
    assert (made["privacy"], made["existing"]) == ("SECRET", False)
    driver.publish(account, **pin(boardId=made["id"]))
    assert driver.posts()[0].record["board_id"] == made["id"]


def test_name_of_a_board_can_be_used_once(driver: Worker) -> None:
    account = driver.connect()
    made = new_board(driver, account)
    assert isinstance(failed(lambda: new_board(driver, account, name="SOUPS")), InputRefused)
    assert new_board(driver, account, name="SOUPS", upsert=True) == {**made, "existing": True}


def test_default_board_must_be_one_of_the_account(driver: Worker) -> None:
    foreign = board_of(driver.connect())
    account = driver.connect("many_boards")
    own = account.data["boards"][3]

    def choose(board_id: str) -> Any:
        body = SetPinterestDefaultBoard.model_validate({"boardId": board_id})
        return driver.run(set_default(facts(account), body, driver.settings))

    assert isinstance(failed(lambda: choose(foreign)), InputRefused)
    chosen = choose(own["id"])
    driver.publish(replace(account, preferences=chosen.preferences), **pin())
    assert driver.posts()[0].record["board_id"] == own["id"]


def test_carousel_shows_its_images_and_one_alt_text(driver: Worker) -> None:
    media = (image(1, alt_text="One"), image(2), image(3, alt_text="Three"))
    [live] = driver.publish(driver.connect(), "", media=media)
    assert isinstance(live, Live)
    [seen] = driver.posts()
    assert (len(seen.record["media_source"]["items"]), seen.record["alt_text"]) == (3, "One\nThree")
    assert live.url == f"https://www.pinterest.com/pin/{seen.uri}/"
