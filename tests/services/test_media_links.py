"""Addresses of media: what they are good for, and for how long."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.services.media.links import Link, MediaLinks, Purpose
from letmepost.storage.database import Tenant
from letmepost.storage.sealing import Keyring
from tests.doubles.clock import SteppedClock

CLOCK = SteppedClock()
FROZEN_AT = CLOCK.now()
TENANT = Tenant(UUID(int=1), Mode.TEST)
MEDIUM, POST = UUID(int=2), UUID(int=3)
HOUR_S = 3600.0


def links(clock: SteppedClock | None = None, key: bytes = bytes(range(32)), url: str = "https://a.test") -> MediaLinks:
    clock = clock or SteppedClock()
    return MediaLinks(Keyring({"k": key}, clock.entropy), clock, url)


def pulled(made_by: MediaLinks, frozen_at: datetime = FROZEN_AT) -> str:
    """The token of the address of a medium for a post."""
    url = made_by.to_pull(TENANT, MEDIUM, POST, frozen_at)
    assert url.startswith("https://a.test/media/")
    return url.rpartition("/")[2]


def test_an_address_says_whose_medium_it_is_for_which_post_and_until_when() -> None:
    expected = Link(TENANT, MEDIUM, FROZEN_AT + timedelta(hours=48), post_id=POST)
    assert links().read(Purpose.PULL, pulled(links())) == expected


def test_a_days_runs_ask_for_the_same_and_each_leaves_a_day_to_fetch() -> None:
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


def test_a_revision_that_was_frozen_by_a_faster_clock_has_an_address_too() -> None:
    link = links().read(Purpose.PULL, pulled(links(), FROZEN_AT + timedelta(seconds=2)))
    assert link is not None
    assert link.expires_at == FROZEN_AT + timedelta(hours=48, seconds=2)


@pytest.mark.parametrize("purpose", [Purpose.READ, Purpose.UPLOAD])
def test_an_address_is_good_for_one_purpose(purpose: Purpose) -> None:
    assert links().read(purpose, pulled(links())) is None


def test_nobody_else_makes_an_address_and_none_can_be_changed() -> None:
    token = pulled(links())
    assert links(key=bytes(range(1, 33))).read(Purpose.PULL, token) is None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links().read(Purpose.PULL, changed) is None, place
    for changed in ("", "A", token[:-4], token + "AAAA", token[:40], "é", "\0"):
        assert links().read(Purpose.PULL, changed) is None


@pytest.mark.parametrize("key_number", range(8))
def test_an_address_has_one_spelling(key_number: int) -> None:
    """The last letter of some tokens holds bits that base64 ignores: four letters would mean the same."""
    made_by = links(key=bytes([key_number] * 32))
    token = made_by.to_upload(Link(TENANT, MEDIUM, FROZEN_AT + timedelta(hours=1))).rpartition("/")[2]
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
def test_only_an_https_address_that_others_can_reach_is_public(url: str, *, are_public: bool) -> None:
    assert links(url=url).are_public is are_public
