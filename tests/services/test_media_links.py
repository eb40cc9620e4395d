"""Signed URLs of media items: their purposes and their validity."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.services.media.links import CHECKABLE_FOR, Link, MediaLinks, PostSend, Purpose
from letmepost.storage.database import Tenant
from letmepost.storage.sealing import Keyring
from tests.doubles.clock import SteppedClock

CLOCK = SteppedClock()
FROZEN_AT = CLOCK.now()
TENANT = Tenant(UUID(int=1), Mode.TEST)
MEDIA_ID, POST_ID = UUID(int=2), UUID(int=3)
HOUR_S = 3600.0


def links(clock: SteppedClock | None = None, key: bytes = bytes(range(32)), url: str = "https://a.test") -> MediaLinks:
    clock = clock or SteppedClock()
    return MediaLinks(Keyring({"k": key}, clock.entropy), clock, url)


def pulled(made_by: MediaLinks, frozen_at: datetime = FROZEN_AT) -> str:
    """Return the token of the URL at which a platform fetches a media item for a post."""
    url = made_by.to_pull(TENANT, MEDIA_ID, POST_ID, frozen_at)
    assert url.startswith("https://a.test/media/")
    return url.rpartition("/")[2]


def test_url_contains_tenant_media_item_send_and_expiry() -> None:
    expected = Link(TENANT, MEDIA_ID, FROZEN_AT + timedelta(hours=48), send=PostSend(POST_ID, FROZEN_AT))
    assert links().read(Purpose.PULL, pulled(links())) == expected


def test_url_is_the_same_for_a_day_and_valid_for_another() -> None:
    clock = SteppedClock()
    first = pulled(links(clock))
    clock.advance(24 * HOUR_S - 1)
    assert pulled(links(clock)) == first
    clock.advance(1)
    second = pulled(links(clock))
    assert second != first
    clock.advance(24 * HOUR_S)
    assert links(clock).read(Purpose.PULL, first) is None
    assert links(clock).read(Purpose.PULL, second) is not None


def test_url_of_another_send_differs_to_the_microsecond() -> None:
    later = FROZEN_AT + timedelta(microseconds=1)
    link = links().read(Purpose.PULL, pulled(links(), later))
    assert link is not None
    assert (link.send, pulled(links(), later) == pulled(links())) == (PostSend(POST_ID, later), False)


def test_expired_upload_url_is_rejected() -> None:
    clock = SteppedClock()
    token = links(clock).to_upload(Link(TENANT, MEDIA_ID, clock.now() + timedelta(hours=1), 5)).rpartition("/")[2]
    assert links(clock).read(Purpose.UPLOAD, token) is not None
    clock.advance(HOUR_S)
    assert links(clock).read(Purpose.UPLOAD, token) is None


def test_url_for_checks_expires_and_gives_access_to_no_media_item() -> None:
    clock = SteppedClock()
    token = links(clock).to_check().rpartition("/")[2]
    assert links(clock).read(Purpose.CHECK, token) is not None
    assert [links(clock).read(purpose, token) for purpose in (Purpose.READ, Purpose.PULL, Purpose.UPLOAD)] == [None] * 3
    clock.advance(CHECKABLE_FOR.total_seconds())
    assert links(clock).read(Purpose.CHECK, token) is None


def test_url_is_created_when_the_revision_was_frozen_in_the_future() -> None:
    link = links().read(Purpose.PULL, pulled(links(), FROZEN_AT + timedelta(seconds=2)))
    assert link is not None
    assert link.expires_at == FROZEN_AT + timedelta(hours=48, seconds=2)


@pytest.mark.parametrize("purpose", [Purpose.READ, Purpose.UPLOAD])
def test_url_is_valid_for_one_purpose(purpose: Purpose) -> None:
    assert links().read(purpose, pulled(links())) is None


def test_forged_or_changed_url_is_rejected() -> None:
    token = pulled(links())
    assert links(key=bytes(range(1, 33))).read(Purpose.PULL, token) is None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links().read(Purpose.PULL, changed) is None, place
    for changed in ("", "A", token[:-4], token + "AAAA", token[:40], "é", "\0"):
        assert links().read(Purpose.PULL, changed) is None


@pytest.mark.parametrize("key_number", range(8))
def test_token_has_one_form(key_number: int) -> None:
    """Base64 ignores some bits of the last character of some tokens, so four characters would be equal."""
    made_by = links(key=bytes([key_number] * 32))
    token = made_by.to_upload(Link(TENANT, MEDIA_ID, FROZEN_AT + timedelta(hours=1))).rpartition("/")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [letter for letter in letters if made_by.read(Purpose.UPLOAD, token[:-1] + letter)] == [token[-1]]


@pytest.mark.parametrize(
    ("url", "are_public"),
    [
        ("https://api.example.com", True),
        ("https://api.example.com:8443/letmepost/", True),
        ("https://8.8.8.8", True),
        ("http://api.example.com", False),
        ("http://127.0.0.1:8080/", False),
        ("https://127.0.0.1", False),
        ("https://[::1]", False),
        ("https://10.1.2.3", False),
        ("https://localhost", False),
        ("https://api.localhost", False),
        ("https://api", False),
        ("https://printer.local", False),
        ("https://", False),
    ],
)
def test_only_reachable_https_url_is_public(url: str, *, are_public: bool) -> None:
    assert links(url=url).are_public is are_public
