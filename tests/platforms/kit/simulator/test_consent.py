"""The authorization endpoint and its page."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from letmepost.platforms.simulation import SimulatedReply
from tests.platforms.kit.simulator.example import CONSENT, Example


def links(page: SimulatedReply) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="([^"]*)"', page.body.decode())]


def test_page_has_one_link_for_each_choice_in_order() -> None:
    page = Example().authorize()
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert [url.rpartition("choice=")[2] for url in links(page)] == ["allow", "less", "deny"]
    assert all(url.startswith("https://sandbox.test/org_1/example/authorize?") for url in links(page))


def test_page_shows_requested_scopes_and_the_host_of_the_app() -> None:
    text = Example().authorize(scope="read write").body.decode()
    assert "<li>read</li><li>write</li>" in text
    assert "me.example" in text


def test_page_escapes_every_value() -> None:
    consent = replace(CONSENT, title="<b>", scopes=("<i>",))
    page = Example(consent).authorize(scope="<i>", state='"><script>', redirect_uri="https://<u>/")
    text = page.body.decode()
    assert page.status == 200
    assert not re.findall("<b>|<i>|<u>|<all>|<script>", text)
    assert "Allow &lt;all&gt;" in text


def test_page_loads_nothing_and_adapts_to_screen_and_color_scheme() -> None:
    text = Example().authorize().body.decode()
    assert not re.findall(r"(?:\bsrc=|url\(|@import|<link|<script)", text)
    assert '<html lang="en">' in text
    assert 'name="viewport" content="width=device-width' in text
    assert "prefers-color-scheme:dark" in text


def test_choice_that_allows_returns_code_and_state_to_the_app() -> None:
    location = Example().authorize(choice="allow").headers["location"]
    assert re.fullmatch(r"https://me\.example/callback\?a=1&code=code-\w+&state=s%26t", location)


def test_request_without_state_gets_none_back() -> None:
    assert set(Example().returned(choice="allow", state="")) == {"a", "code"}


def test_choice_that_denies_returns_an_error_and_creates_nothing() -> None:
    example = Example()
    assert example.returned(choice="deny") == {"a": "1", "error": "access_denied", "state": "s&t"}
    assert len(example.state) == 0


def test_unknown_choice_shows_the_page_again() -> None:
    assert len(links(Example().authorize(choice="unknown"))) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": ""},
        {"response_type": "token"},
        {"redirect_uri": ""},
        {"redirect_uri": "/callback"},
        {"redirect_uri": "https://["},
        {"redirect_uri": "https://é.example/"},
        {"redirect_uri": "https://me.example/#here"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"scope": ""},
        {"scope": "read everything"},
    ],
)
def test_invalid_request_gets_a_page_without_a_redirect(changes: dict[str, str]) -> None:
    example = Example()
    page = example.authorize(choice="allow", **changes)
    assert (page.status, "location" in page.headers, links(page)) == (400, False, [])
    assert next(iter(changes)) in page.body.decode()
    assert len(example.state) == 0


def test_platform_can_refuse_more_requests() -> None:
    consent = replace(CONSENT, check=lambda _state, query: "too <long>" if len(query["state"]) > 3 else None)
    page = Example(consent).authorize(choice="allow", state="long")
    assert page.status == 400
    assert "too &lt;long&gt;" in page.body.decode()
    assert Example(consent).authorize(choice="allow").status == 302


def test_platform_can_return_unknown_scopes_to_the_app() -> None:
    example = Example(replace(CONSENT, unknown_scope={"error": "invalid_scope"}))
    assert example.returned(scope="everything") == {"a": "1", "error": "invalid_scope", "state": "s&t"}


def test_scopes_are_separated_as_the_platform_separates_them() -> None:
    assert Example().authorize(scope="read,write").status == 400
    assert Example(replace(CONSENT, scope_separators=", ")).authorize(scope="read, write").status == 200


def test_code_of_a_created_account_is_valid_for_a_day_with_any_redirect_uri_and_no_verifier() -> None:
    example = Example()
    code = CONSENT.create_account(example.state, "ok", example.now, example.entropy())["code"]
    example.now += timedelta(hours=23)
    assert example.exchange(code, redirect_uri="https://anywhere.example", code_verifier="").status == 200
    with pytest.raises(ValueError, match="no scenario 'luck'"):
        CONSENT.create_account(example.state, "luck", example.now, example.entropy())


def test_platform_without_pkce_ignores_a_challenge() -> None:
    example = Example(replace(CONSENT, uses_pkce=False))
    code = example.returned(choice="allow", code_challenge_method="")["code"]
    assert example.exchange(code, code_verifier="wrong").status == 200
