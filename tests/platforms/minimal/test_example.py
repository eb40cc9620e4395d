"""What is special about the example platform. `suite.py` describes it for the tests that every platform passes."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Found, Intent, Live, Unknown
from letmepost.domain.playback import first_calls
from letmepost.domain.rules import violations
from letmepost.domain.sandbox_pages import post_path
from tests.doubles.media import image
from tests.doubles.simulated import facts, failed
from tests.doubles.targets import on
from tests.doubles.worker import Worker
from tests.platforms.minimal.example import PLATFORM

VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
"""The challenge of the verifier (RFC 7636 section 4.2)."""


@pytest.fixture
def worker() -> Worker:
    return Worker(platform=PLATFORM)


def test_account_is_connected_by_its_consent(worker: Worker) -> None:
    returned = worker.consent("allow", code_challenge=CHALLENGE)
    assert returned["state"] == "s&t"
    [account] = worker.exchange(returned["code"], code_verifier=VERIFIER)
    assert account.handle == f"sandbox_{account.platform_account_id}"
    assert account.scopes == ("profile", "posts")


def test_code_is_accepted_once_and_only_with_its_verifier(worker: Worker) -> None:
    code = worker.consent("allow", code_challenge=CHALLENGE)["code"]
    assert failed(lambda: worker.exchange(code, code_verifier="w" * 43)).kind is FailureKind.AUTH_FAILED
    code = worker.consent("allow", code_challenge=CHALLENGE)["code"]
    worker.exchange(code, code_verifier=VERIFIER)
    assert failed(lambda: worker.exchange(code, code_verifier=VERIFIER)).kind is FailureKind.AUTH_FAILED


def test_denied_consent_returns_an_error(worker: Worker) -> None:
    assert worker.consent("deny") == {"error": "access_denied", "state": "s&t"}


def test_account_without_the_scope_must_be_reconnected(worker: Worker) -> None:
    code = worker.consent("without_posts", code_challenge=CHALLENGE)["code"]
    [account] = worker.exchange(code, code_verifier=VERIFIER)
    assert PLATFORM.oauth is not None
    assert PLATFORM.oauth.missing(account.scopes) == ("publish",)
    assert failed(lambda: worker.publish(account)).kind is FailureKind.AUTH_FAILED


def test_post_is_visible_with_its_audience_and_its_image(worker: Worker) -> None:
    picture = image(content_type="image/png", alt_text="A cat")
    [live] = worker.publish(worker.connect(), "Grüße 🎉", media=(picture,), options={"audience": "followers"})
    [post] = worker.posts()
    assert isinstance(live, Live)
    assert (post.uri, post.text, post.record["audience"]) == (live.uri, "Grüße 🎉", "followers")
    assert live.url == f"{worker.root}{post_path(live.uri)}"
    assert [shown["alt_text"] for shown in post.record["images"]] == ["A cat"]


def test_post_with_a_lost_response_is_found(worker: Worker) -> None:
    post = worker.ready(worker.connect("timeout_after_publish"))
    intent = worker.lose(post)
    worker.advance(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(worker.look_for(post, intent), Found)
    assert worker.work(post) == "published"
    assert worker.visible() == ["hello"]


def unsent(worker: Worker, sent_at_s: float = 0.0) -> Absent | Found | Unknown:
    """Return what a look-up finds of a post that was never sent."""
    post = worker.ready(worker.account)
    [create] = first_calls(PLATFORM.publish(post, worker.settings))
    return worker.look_for(post, Intent(create, worker.now + timedelta(seconds=sent_at_s)))


def test_post_that_was_not_executed_is_absent(worker: Worker) -> None:
    worker.publish(worker.connect(), "another")
    worker.advance(seconds=60)
    assert unsent(worker) == Absent()


def test_absence_is_not_concluded_from_a_part_of_the_list(worker: Worker) -> None:
    account = worker.connect()
    for number in range(101):
        worker.publish(account, str(number))
    worker.advance(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(unsent(worker, -10), Unknown)


def test_revoked_account_fails_its_check_and_its_refresh(worker: Worker) -> None:
    account = worker.connect("auth_revoked")
    assert failed(lambda: worker.run(PLATFORM.check(facts(account), worker.settings))).kind is FailureKind.AUTH_FAILED
    assert failed(worker.refresh).kind is FailureKind.AUTH_FAILED


def test_repeated_content_is_a_duplicate_for_a_minute(worker: Worker) -> None:
    account = worker.connect()
    worker.publish(account)
    failure = failed(lambda: worker.publish(account))
    assert (failure.kind, failure.rule) == (FailureKind.DUPLICATE, "example.content.duplicate")
    worker.advance(seconds=60)
    worker.publish(account)
    assert worker.visible() == ["hello", "hello"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ({"thread": (ThreadPart(text="b"),)}, "thread.supported"),
        ({"first_comment": "b"}, "first_comment.supported"),
        ({"media": (MediaItem(kind=MediaKind.VIDEO, media_id=image().media_id),)}, "media.kind_supported"),
    ],
)
def test_unsupported_content_is_rejected(content: dict[str, Any], rule: str) -> None:
    found = violations(on(PLATFORM, PostContent(text="a", **content)), PLATFORM.rules)
    assert [violation.rule for violation in found] == [f"example.{rule}"]
