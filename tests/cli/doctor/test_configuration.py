"""Checks of the environment variables."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.cli.doctor.configuration import (
    check_platforms,
    check_private_addresses,
    check_public_url,
    check_secrets,
    check_settings,
    check_spelling,
    check_versions,
)
from letmepost.cli.doctor.results import CheckResult, CheckState
from letmepost.platforms.connecting import PlatformSettings
from letmepost.settings import Settings
from tests.cli.support import NO_DATABASE
from tests.sandbox.support import platform

PUBLIC = AnyHttpUrl("https://api.example.com")
KEY = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
GIVEN = {"DATABASE_URL": NO_DATABASE, "REDIS_URL": "redis://127.0.0.1:1", "keys": KEY}


class NetworkSettings(PlatformSettings):
    host: AnyHttpUrl = AnyHttpUrl("https://network.example.com")
    client_id: str | None = None
    client_secret: Annotated[SecretStr | None, Field(min_length=8)] = None


NETWORK = {"network": replace(platform("network"), settings=NetworkSettings)}
OWN = {"LETMEPOST_NETWORK_CLIENT_ID": "us", "LETMEPOST_NETWORK_CLIENT_SECRET": "long enough"}


def settings(**changes: Any) -> Settings:
    return Settings.model_validate({**GIVEN, "public_url": PUBLIC, **changes})


def states(found: list[CheckResult]) -> list[CheckState]:
    return [finding.state for finding in found]


def test_valid_settings_are_read() -> None:
    read, found = check_settings(GIVEN)
    assert read is not None
    assert states(found) == [CheckState.OK]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"keys": "k1:AAAA"}, "LETMEPOST_KEYS"),
        ({"keys": ""}, "LETMEPOST_KEYS"),
        ({"operator_token": "too-short-a-secret"}, "LETMEPOST_OPERATOR_TOKEN"),
        ({"public_url": "nowhere"}, "LETMEPOST_PUBLIC_URL"),
        ({"worker_slots": "many"}, "LETMEPOST_WORKER_SLOTS"),
    ],
)
def test_invalid_setting_is_named_without_its_value(changes: dict[str, Any], named: str) -> None:
    given = {name: value for name, value in {**GIVEN, **changes}.items() if value is not None}
    read, [found] = check_settings(given)
    assert read is None
    assert found.state is CheckState.BROKEN
    assert found.message.startswith(f"{named}: ")
    assert found.remedy
    assert not any(isinstance(value, str) and value and value in found.message for value in changes.values())


def test_misspelled_variable_is_reported() -> None:
    environment = {"LETMEPOST_WORKER_SLOT": "3", "LETMEPOST_WORKER_SLOTS": "3", "PATH": "/bin", **OWN}
    [found] = check_spelling(environment, NETWORK)
    assert found.state is CheckState.WARNING
    assert "LETMEPOST_WORKER_SLOT " in found.message
    assert len(check_spelling(environment, {})) == 3


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://api.example.com", CheckState.OK),
        ("http://api.example.com", CheckState.BROKEN),
        ("http://10.0.0.7:8080", CheckState.BROKEN),
        ("http://127.0.0.1:8080", CheckState.WARNING),
        ("http://[::1]:8080", CheckState.WARNING),
        ("http://localhost", CheckState.WARNING),
    ],
)
def test_public_url_must_be_safe_for_keys(url: str, state: CheckState) -> None:
    assert check_public_url(settings(public_url=url)).state is state


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [CheckState.OK]),
        ({"sandbox_token": "long-enough-token"}, [CheckState.OK]),
        ({"sandbox_token": "short"}, [CheckState.BROKEN]),
        ({"DATABASE_URL": "postgresql://us:postgres@db/letmepost"}, [CheckState.WARNING]),
        ({"DATABASE_URL": "postgresql://us:pq8Zk@db/letmepost"}, [CheckState.OK]),
    ],
)
def test_guessable_secrets_are_reported(changes: dict[str, Any], expected: list[CheckState]) -> None:
    assert states(check_secrets(settings(**changes))) == expected


def test_private_addresses_are_for_development() -> None:
    assert check_private_addresses(settings()) == []
    assert states(check_private_addresses(settings(allow_private_addresses=True))) == [CheckState.BROKEN]
    assert check_private_addresses(settings(allow_private_addresses=True, public_url="http://127.0.0.1")) == []


def test_platform_without_credentials_is_reported_with_the_missing_settings() -> None:
    [found] = check_platforms({}, NETWORK, PUBLIC)
    assert found.state is CheckState.WARNING
    assert found.remedy is not None
    for part in (*OWN, "https://api.example.com/v1/accounts/oauth/network/callback"):
        assert part in found.remedy


def test_platform_with_credentials_is_reported_with_its_redirect_uri() -> None:
    [found] = check_platforms(OWN, NETWORK, PUBLIC)
    assert found.state is CheckState.OK
    assert "https://api.example.com/v1/accounts/oauth/network/callback" in found.message


def test_platform_with_half_of_its_credentials_is_broken() -> None:
    [found] = check_platforms({"LETMEPOST_NETWORK_CLIENT_ID": "us"}, NETWORK, PUBLIC)
    assert found.state is CheckState.BROKEN
    assert "LETMEPOST_NETWORK_CLIENT_SECRET" in found.message


def test_invalid_setting_of_a_platform_is_named_without_its_value() -> None:
    [found] = check_platforms({**OWN, "LETMEPOST_NETWORK_CLIENT_SECRET": "guess"}, NETWORK, PUBLIC)
    assert found.state is CheckState.BROKEN
    assert "LETMEPOST_NETWORK_CLIENT_SECRET" in found.message
    assert "guess" not in found.message


class VersionedSettings(PlatformSettings):
    api_version: str = "1"


@pytest.mark.parametrize(
    ("pin", "today", "expected", "words"),
    [
        ({}, date(2026, 1, 1), CheckState.OK, "an end on 2027-01-31"),
        ({}, date(2026, 11, 1), CheckState.OK, "an end"),
        ({}, date(2026, 11, 2), CheckState.WARNING, "stops working on 2027-01-31"),
        ({}, date(2027, 1, 31), CheckState.BROKEN, "stopped working on 2027-01-31"),
        ({"LETMEPOST_NETWORK_API_VERSION": "2"}, date(2027, 1, 31), CheckState.OK, "tested with 1"),
    ],
)
def test_version_that_is_in_force_is_checked_against_its_announced_end(
    pin: dict[str, str], today: date, expected: CheckState, words: str
) -> None:
    versioned = replace(
        platform("network"), settings=VersionedSettings, api_version="1", sunsets={"1": date(2027, 1, 31)}
    )
    [found] = check_versions(pin, {"network": versioned}, today)
    assert (found.state, words in found.message) == (expected, True), found
    assert expected is CheckState.OK or "LETMEPOST_NETWORK_API_VERSION" in (found.remedy or "")


def test_version_of_a_platform_that_is_not_enabled_is_not_checked() -> None:
    ended = {"network": replace(NETWORK["network"], api_version="1", sunsets={"1": date(2026, 1, 1)})}
    assert check_versions({}, ended, date(2026, 2, 1)) == []


def test_platform_without_any_settings_is_ok() -> None:
    [found] = check_platforms({}, {"notes": platform("notes")}, PUBLIC)
    assert found.state is CheckState.OK
