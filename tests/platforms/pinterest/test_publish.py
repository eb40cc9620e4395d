"""Publishing: the Pin that is sent, and the effect of refusals."""

from dataclasses import replace
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, GaveUp
from letmepost.domain.flow import Call, Effect, Instruction, Live, Pause, Reply, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.publish import publish
from tests.doubles.media import image
from tests.platforms.pinterest.transcripts import (
    ACCOUNT,
    API,
    AWAY,
    BOARD,
    SETTINGS,
    board,
    created,
    ready,
    refusal,
    refused,
    replied,
    url,
)

UNREACHABLE = refused(400, 1, "Unable to reach the URL. Please check the URL is correct and try again.")
FORBIDDEN = refused(403, 29, "You are not permitted to access that resource.")
NO_BOARD = refused(404, 40, "Board not found.")


def run(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def pin(post: ReadyPost) -> Any:
    [call] = run(post, created()).calls
    return call.json


def test_image_is_sent_as_one_call_that_followers_see() -> None:
    options = {"title": "Soup", "destinationUrl": "https://example.org/soup", "boardSectionId": "77"}
    post = ready("A soup", media=(image(1, alt_text="A bowl"),), options=options)
    [call] = run(post, created()).calls
    assert call == Call(
        method="POST",
        url=f"{API}/pins",
        json={
            "board_id": BOARD,
            "board_section_id": "77",
            "title": "Soup",
            "description": "A soup",
            "link": "https://example.org/soup",
            "alt_text": "A bowl",
            "media_source": {"source_type": "image_url", "url": url(1)},
        },
        effect=Effect.PUBLISH,
        step="post",
        timeout_s=60.0,
    )


def test_pin_is_live_with_its_own_address_and_not_its_destination() -> None:
    transcript = run(ready(options={"destinationUrl": "https://example.org/"}), created("813"))
    assert transcript.error is None
    assert transcript.instructions[-1] == Live(uri="813", url="https://www.pinterest.com/pin/813/")


def test_blank_text_is_omitted() -> None:
    assert set(pin(ready(" \n"))) == {"board_id", "media_source"}


def test_images_are_a_carousel_in_their_order() -> None:
    sent = pin(ready(media=(image(2, alt_text="Two"), image(1), image(3, alt_text="Three"))))
    assert sent["media_source"] == {
        "source_type": "multiple_image_urls",
        "items": [{"url": url(2)}, {"url": url(1)}, {"url": url(3)}],
    }
    assert sent["alt_text"] == "Two\nThree"


def test_named_board_replaces_the_default_and_stays_a_text() -> None:
    assert pin(ready(options={"boardId": "0123"}))["board_id"] == "0123"


def test_post_without_any_board_is_rejected_before_a_call() -> None:
    transcript = run(replace(ready(), account=replace(ACCOUNT, preferences={})))
    assert (refusal(transcript).rule, transcript.calls) == ("pinterest.board.required", [])


def ended(post: ReadyPost, *replies: Reply | None) -> tuple[list[Instruction], Exception]:
    """Run a flow past its pauses: a None among the replies lets a `Pause` give up. Return how it ended."""
    flow, said = publish(post, SETTINGS), list[Instruction]()
    instruction = next(flow)
    try:
        for reply in replies:
            said.append(instruction)
            if reply is None:
                assert isinstance(instruction, Pause)
                instruction = flow.throw(GaveUp(instruction.step, instruction.give_up_after_s))
            else:
                instruction = flow.send(reply)
    except Exception as error:  # noqa: BLE001 - it is the result
        return said, error
    raise AssertionError(instruction)


def test_image_that_pinterest_cannot_fetch_is_retried_soon_then_later_and_then_rejected() -> None:
    said, error = ended(ready(), UNREACHABLE, None, None)
    soon, later = (one for one in said if isinstance(one, Pause))
    assert (soon.seconds, later.seconds, later.give_up_after_s) == (10.0, 300.0, 1800.0)
    failure = refusal(Transcript(instructions=tuple(said), error=error))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "pinterest.url.reachable")


@pytest.mark.parametrize(
    "refusal_of_pin", [FORBIDDEN, NO_BOARD, refused(403, 7, "Not authorized to access board or Pin.")]
)
@pytest.mark.parametrize("look", [NO_BOARD, FORBIDDEN, refused(404, 404)])
def test_pin_on_a_deleted_or_foreign_board_is_rejected_as_an_unknown_board(refusal_of_pin: Reply, look: Reply) -> None:
    transcript = run(ready(), refusal_of_pin, look)
    assert transcript.calls[1].url == f"{API}/boards/{BOARD}"
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "pinterest.board.unknown")
    assert BOARD in failure.message


def test_account_stays_connected_when_a_pin_is_not_permitted() -> None:
    failure = refusal(run(ready(), FORBIDDEN, replied(200, board())))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, None)
    assert "You are not permitted" in failure.message


def test_deleted_section_of_an_existing_board_is_rejected() -> None:
    failure = refusal(run(ready(), refused(404, 2031, "Board section not found.")))
    assert failure.rule == "pinterest.board_section.unknown"


@pytest.mark.parametrize("message", ["Please use the API Sandbox instead.", "This looks like spam."])
def test_refusal_with_a_stated_reason_is_not_about_the_board(message: str) -> None:
    transcript = run(ready(), refused(403, 29, message))
    assert refusal(transcript).rule in {"pinterest.app.trial_refused", "pinterest.content.spam"}
    assert len(transcript.calls) == 1


def test_refused_pin_is_retried_when_its_board_cannot_be_read() -> None:
    assert refusal(run(ready(), FORBIDDEN, AWAY)).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": 813}, {"id": ""}, {"code": 1}, []])
@pytest.mark.parametrize("status", [200, 201])
def test_success_without_an_id_is_in_doubt(status: int, body: object) -> None:
    assert refusal(run(ready(), replied(status, body))).kind is FailureKind.IN_DOUBT


def test_post_of_a_trial_app_has_a_warning() -> None:
    settings = SETTINGS.model_copy(update={"app_access": "trial"})
    live, warning = play(publish(ready(), settings), created()).instructions[1:]
    assert isinstance(live, Live)
    assert isinstance(warning, Warn)
    assert warning.code == "pinterest.app.trial_hidden"


@pytest.mark.parametrize(("height", "warns"), [(2100, False), (2101, True)])
def test_tall_image_has_a_warning(height: int, *, warns: bool) -> None:
    said = run(ready(media=(image(width_px=1000, height_px=height),)), created()).instructions
    assert [one.code for one in said if isinstance(one, Warn)] == ["pinterest.image.tall"] * warns
