"""Consent, the accounts that it covers, and the resulting tokens."""

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Credential, Grant
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.connect import FEATURES, accounts, consent_url
from letmepost.platforms.linkedin.rest import app_call, create_post, delete_post
from letmepost.platforms.linkedin.session import check, needs_refresh, refresh, sign
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.unpublish import unpublish
from tests.doubles.hostile import assert_ends_for_any_reply
from tests.platforms.linkedin.transcripts import (
    ACCOUNT,
    AWAY,
    MEMBER,
    NOW,
    PAGE,
    SETTINGS,
    SHARE,
    refusal,
    response,
)

GRANT = Grant(code="code", redirect_uri="https://me.example/cb", code_verifier="verifier")
SCOPES = "openid,profile,w_member_social,w_organization_social r_organization_social,rw_organization_admin"
TOKENS = response(200, {"access_token": "AQX", "expires_in": 5_183_999, "scope": SCOPES})
SELF_SERVE = response(200, {"access_token": "AQX", "expires_in": "5183999", "scope": "openid profile w_member_social"})
PARTNER = response(
    200,
    {
        "access_token": "AQX",
        "expires_in": 5_183_999,
        "scope": "openid,w_member_social",
        "refresh_token": "AQY",
        "refresh_token_expires_in": 31_536_000,
    },
)
ANN = response(200, {"sub": "782bbtaQ", "name": "Ann Lee", "picture": "https://media.licdn.com/ann"})
ACLS = response(200, {"elements": [{"organization": PAGE, "role": "ADMINISTRATOR"}]})
NAMED = response(200, {"localizedName": "Works", "vanityName": "works"})
CREDENTIAL = Credential(secrets={"access_token": "AQX", "refresh_token": "AQY"})


def played(*replies: Reply | Exception) -> Transcript[tuple[ConnectedAccount, ...]]:
    return play(accounts(GRANT, SETTINGS), *replies)


def failure_of(flow: Flow[object], *replies: Reply | Exception) -> PlatformFailure:
    error = play(flow, *replies).error
    assert isinstance(error, PlatformFailure)
    return error


@pytest.mark.parametrize("pages", [True, False])
def test_consent_requests_pages_only_when_the_app_may_have_them(pages: bool) -> None:  # noqa: FBT001 - a parameter
    request = ConsentRequest(redirect_uri="https://me.example/cb", state="s", code_challenge="c")
    url = urlsplit(consent_url(request, SETTINGS.model_copy(update={"pages": pages})))
    query = dict(parse_qsl(url.query))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://www.linkedin.com/oauth/v2/authorization"
    assert ("w_organization_social" in query["scope"].split()) is pages
    assert set(query["scope"].split()) >= {*FEATURES["identity"], *FEATURES["publish"]}
    assert "code_challenge" not in query


def test_consent_covers_the_member_and_what_they_administer() -> None:
    transcript = played(TOKENS, ANN, ACLS, NAMED)
    member, page = transcript.value()
    assert (member.platform_account_id, member.handle, member.display_name) == (MEMBER, None, "Ann Lee")
    assert (page.platform_account_id, page.handle, page.display_name) == (PAGE, "works", "Works")
    assert member.data == {"authors": [MEMBER, PAGE], "refreshable": False}
    assert page.data == {"authors": [PAGE], "refreshable": False}
    assert member.scopes == page.scopes
    assert len(member.scopes) == 6
    assert member.credential == page.credential
    exchange, *reads = transcript.calls
    assert exchange.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://me.example/cb",
        "client_id": "app",
        "client_secret": "secret",
    }
    assert exchange.auth is Auth.NONE
    assert all(call.headers["Authorization"] == "Bearer AQX" and call.auth is Auth.NONE for call in reads)
    assert "LinkedIn-Version" not in reads[0].headers
    assert reads[1].headers["X-RestLi-Method"] == "FINDER"


def test_self_serve_app_connects_the_member_until_the_token_expires() -> None:
    transcript = played(SELF_SERVE, ANN)
    [member] = transcript.value()
    assert len(transcript.calls) == 2
    assert member.credential.secrets == {"access_token": "AQX"}
    assert member.token_expires_at == member.credential.expires_at == NOW + timedelta(seconds=5_183_999)


@pytest.mark.parametrize("lifetime_s", [31_536_000, None, -1, "soon"])
def test_permission_of_a_partner_ends_with_its_refresh_token(lifetime_s: object) -> None:
    tokens = response(200, {**PARTNER.data(), "refresh_token_expires_in": lifetime_s})
    [member] = played(tokens, ANN).value()
    assert member.credential.secrets == {"access_token": "AQX", "refresh_token": "AQY"}
    assert member.token_expires_at == NOW + timedelta(days=365)
    assert member.data["refreshable"] is True


def test_token_is_retried_when_it_is_not_known_everywhere_yet() -> None:
    fresh = refusal(401, "INVALID_ACCESS_TOKEN", number=65600)
    assert len(played(SELF_SERVE, fresh, fresh, ANN).value()) == 1
    assert failure_of(accounts(GRANT, SETTINGS), SELF_SERVE, fresh, fresh, fresh).kind is FailureKind.AUTH_FAILED


def test_organizations_are_read_in_pages_and_with_an_older_field_name() -> None:
    def page(first: int, count: int) -> Reply:
        found = [{"organizationTarget": f"urn:li:organization:{number}"} for number in range(first, first + count)]
        return response(200, {"elements": found})

    replies = [AWAY] * 103
    transcript = played(TOKENS, ANN, page(1, 100), page(101, 3), *replies)
    assert len(transcript.value()) == 104
    assert dict(transcript.calls[3].query)["start"] == "100"


def test_app_that_may_not_read_organizations_connects_the_member() -> None:
    assert len(played(TOKENS, ANN, refusal(403, "ACCESS_DENIED")).value()) == 1


def test_entity_that_is_not_an_organization_is_ignored() -> None:
    odd = response(200, {"elements": [{"organization": "urn:li:organization:../1"}, {"organization": 7}, 7, {}]})
    assert len(played(TOKENS, ANN, odd).value()) == 1


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
def test_used_code_requires_another_consent(error: str) -> None:
    failure = failure_of(accounts(GRANT, SETTINGS), response(400, {"error": error}))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_unknown_app_is_not_the_member_s_error() -> None:
    failure = failure_of(accounts(GRANT, SETTINGS), response(401, {"error": "invalid_client"}))
    assert failure.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("replies", [(TOKENS, ANN, ACLS, NAMED), (SELF_SERVE, ANN)])
def test_connecting_ends_for_any_reply(replies: tuple[Reply, ...]) -> None:
    assert_ends_for_any_reply(lambda: accounts(GRANT, SETTINGS), replies)


def test_refresh_token_renews_the_access_token() -> None:
    partner = replace(ACCOUNT, data={"authors": [MEMBER], "refreshable": True})
    transcript = play(refresh(partner, SETTINGS), PARTNER)
    [call] = transcript.calls
    assert sign(call, CREDENTIAL, NOW, b"").form == {
        "grant_type": "refresh_token",
        "refresh_token": "AQY",
        "client_id": "app",
        "client_secret": "secret",
    }
    assert transcript.value().expires_at == NOW + timedelta(seconds=5_183_999)
    ended = failure_of(refresh(partner, SETTINGS), response(400, {"error": "invalid_grant"}))
    assert ended.kind is FailureKind.AUTH_FAILED


def test_missing_refresh_token_makes_no_call() -> None:
    transcript = play(refresh(ACCOUNT, SETTINGS))
    assert transcript.calls == []
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is FailureKind.AUTH_FAILED


def test_call_is_signed_for_its_endpoint() -> None:
    post = sign(create_post(SETTINGS, {}), CREDENTIAL, NOW, b"")
    assert post.headers["Authorization"] == "Bearer AQX"
    asking = app_call(SETTINGS, "introspectToken", {}, effect=Effect.READ, auth=Auth.ACCOUNT)
    signed = sign(asking, CREDENTIAL, NOW, b"")
    assert signed.form == {"client_id": "app", "client_secret": "secret", "token": "AQX"}
    assert "Authorization" not in signed.headers
    own = Call(method="GET", url="https://example.com", auth=Auth.NONE)
    assert sign(own, CREDENTIAL, NOW, b"") == own


@pytest.mark.parametrize(
    ("reply", "is_expired"),
    [
        (refusal(401, "EXPIRED_ACCESS_TOKEN"), True),
        (refusal(401, None, number=65602), True),
        (response(200, {"active": False, "status": "expired"}), True),
        (refusal(401, "REVOKED_ACCESS_TOKEN", number=65601), False),
        (refusal(401, "INVALID_ACCESS_TOKEN", number=65600), False),
        (refusal(403, "EXPIRED_ACCESS_TOKEN"), False),
        (response(200, {"active": False, "status": "revoked"}), False),
        (response(200, {"active": True, "status": "active"}), False),
        (response(201), False),
    ],
)
def test_expired_token_is_distinguished_from_others(reply: Reply, is_expired: bool) -> None:  # noqa: FBT001 - a row
    assert needs_refresh(reply) is is_expired


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (response(200, {"active": False, "status": "revoked"}), FailureKind.AUTH_FAILED),
        (response(200, {"active": False}), FailureKind.AUTH_FAILED),
        (response(200, {}), FailureKind.UNAVAILABLE),
        (response(401, {"error": "invalid_client"}), FailureKind.UNAVAILABLE),
        (response(503), FailureKind.UNAVAILABLE),
    ],
)
def test_check_distinguishes_an_ended_permission_from_an_outage(reply: Reply, kind: FailureKind) -> None:
    assert failure_of(check(ACCOUNT, SETTINGS), reply).kind is kind
    assert play(check(ACCOUNT, SETTINGS), response(200, {"active": True})).error is None


ACTIVE = response(200, {"active": True, "scope": "openid,w_member_social,rw_organization_admin"})


def acls(*urns: str) -> Reply:
    return response(200, {"elements": [{"organization": urn, "role": "ADMINISTRATOR"} for urn in urns]})


def test_check_returns_the_pages_that_the_member_administers_now() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), ACTIVE, acls("urn:li:organization:1", "urn:li:organization:2"))
    assert transcript.result == {
        "authors": [MEMBER, "urn:li:organization:1", "urn:li:organization:2"],
        "refreshable": False,
    }
    assert transcript.calls[1].auth is Auth.ACCOUNT


def test_check_finds_that_a_member_has_no_pages_left() -> None:
    assert play(check(ACCOUNT, SETTINGS), ACTIVE, acls()).result == {"authors": [MEMBER], "refreshable": False}


def test_check_keeps_the_pages_when_the_app_must_not_read_them() -> None:
    transcript = play(check(ACCOUNT, SETTINGS), ACTIVE, refusal(403, "ACCESS_DENIED"))
    assert (transcript.result, transcript.error) == (None, None)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_check_fails_when_the_pages_cannot_be_read(status: int) -> None:
    failure = failure_of(check(ACCOUNT, SETTINGS), ACTIVE, response(status))
    assert failure.kind is not FailureKind.AUTH_FAILED


@pytest.mark.parametrize(
    ("account", "scope"),
    [(ACCOUNT, "openid,w_member_social"), (replace(ACCOUNT, platform_account_id=PAGE), "rw_organization_admin")],
)
def test_check_lists_pages_only_for_a_member_with_the_scope(account: AccountFacts, scope: str) -> None:
    transcript = play(check(account, SETTINGS), response(200, {"active": True, "scope": scope}))
    assert (transcript.result, transcript.error, len(transcript.calls)) == (None, None, 1)


def test_disconnecting_makes_no_call() -> None:
    assert play(PLATFORM.disconnect(ACCOUNT, SETTINGS)).instructions == ()


def test_version_that_a_setting_pins_is_the_one_that_is_called_and_published() -> None:
    settings = LinkedInSettings(api_version="202607")
    pinned = PLATFORM.configured(settings)
    assert (PLATFORM.sunset, pinned.sunset) == (date(2027, 6, 15), date(2027, 7, 15))
    assert pinned.api_version == "202607"
    assert delete_post(settings, "urn:li:share:1").headers["LinkedIn-Version"] == "202607"
    with pytest.raises(ValidationError):
        LinkedInSettings(api_version="v2")


def test_post_is_deleted_by_its_urn() -> None:
    flow = unpublish(ACCOUNT, [SHARE, f"urn:li:comment:({SHARE},1)"], SETTINGS)
    transcript = play(flow, response(204))
    [call] = transcript.calls
    assert (call.method, call.headers["X-RestLi-Method"]) == ("DELETE", "DELETE")
    assert call.url.endswith("/rest/posts/urn%3Ali%3Ashare%3A7012345678901234567")
    assert transcript.error is None


@pytest.mark.parametrize(
    ("reply", "kind"), [(response(404), None), (response(403), "rejected"), (response(500), "unavailable")]
)
def test_deletion_of_a_missing_post_succeeds(reply: Reply, kind: str | None) -> None:
    error = play(unpublish(ACCOUNT, [SHARE], SETTINGS), reply).error
    assert (None if error is None else str(getattr(error, "kind", error))) == kind


def test_account_may_publish_as_its_member_and_organizations() -> None:
    authors = ["urn:li:person:a", "urn:li:organization:1"]
    facts = AccountFacts(platform_account_id=authors[0], handle=None, data={"authors": authors})
    assert PLATFORM.authors(facts) == authors
