"""The token endpoint, and the tokens that it issues."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.platforms._kit.simulator.oauth.grants import find_token, revoke_token
from letmepost.platforms._kit.simulator.oauth.token_endpoint import TokenEndpoint, challenge_of
from letmepost.platforms._kit.simulator.scenarios import withdraw_permission
from letmepost.platforms._kit.simulator.wire import FORM
from letmepost.platforms.simulation import SimulatedReply
from tests.platforms.kit.simulator.example import CALLBACK, CONSENT, OTHER_APP, TOKENS, VERIFIER, Example


def data_of(reply: SimulatedReply) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(reply.body)
    return data


def problem_of(reply: SimulatedReply) -> tuple[str, str]:
    assert reply.status == 400
    return data_of(reply)["error"], data_of(reply)["parameter"]


def granted(example: Example, scenario: str = "token_expiring") -> dict[str, Any]:
    code = CONSENT.create_account(example.state, scenario, example.now, example.entropy())["code"]
    return data_of(example.exchange(code))


def test_code_is_exchanged_once() -> None:
    example = Example()
    code = example.returned(choice="allow")["code"]
    grant = data_of(example.exchange(code))
    assert set(grant) == {"token_type", "access_token", "refresh_token", "scope"}
    assert (grant["token_type"], grant["scope"]) == ("bearer", "read write offline")
    assert problem_of(example.exchange(code)) == ("WRONG_CODE", "code")


def test_withheld_scopes_are_not_granted() -> None:
    example = Example()
    grant = data_of(example.exchange(example.returned(choice="less")["code"]))
    assert (grant["scope"], "refresh_token" in grant) == ("read", False)


def test_code_expires() -> None:
    example = Example()
    code = example.returned(choice="allow")["code"]
    example.now += timedelta(minutes=10)
    assert problem_of(example.exchange(code)) == ("WRONG_CODE", "code")


MISMATCHES = [
    ({"redirect_uri": "https://me.example/callback"}, ("WRONG_REDIRECT_URI", "redirect_uri")),
    ({"code_verifier": "w" * 43}, ("WRONG_VERIFIER", "code_verifier")),
    ({"code_verifier": ""}, ("NO_PARAMETER", "code_verifier")),
]


@pytest.mark.parametrize(("changes", "problem"), MISMATCHES)
@pytest.mark.parametrize(("is_kept", "status"), [(False, 400), (True, 200)])
def test_code_is_rejected_with_another_redirect_uri_or_verifier(
    changes: dict[str, str],
    problem: tuple[str, str],
    is_kept: bool,  # noqa: FBT001 - pytest passes it by name
    status: int,
) -> None:
    example = Example().replacing(keeps_refused_codes=is_kept)
    code = example.returned(choice="allow")["code"]
    assert problem_of(example.exchange(code, **changes)) == problem
    assert example.exchange(code).status == status


def test_code_of_a_request_without_a_challenge_needs_no_verifier() -> None:
    example = Example()
    code = example.returned(choice="allow", code_challenge="", code_challenge_method="")["code"]
    assert example.exchange(code, code_verifier="").status == 200


def test_code_belongs_to_the_app_that_requested_it() -> None:
    example = Example()
    code = example.returned(choice="allow")["code"]
    assert problem_of(example.exchange(code, client_id=OTHER_APP.client_id, client_secret=OTHER_APP.client_secret)) == (
        "WRONG_CODE",
        "code",
    )
    assert example.exchange(code).status == 200


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"client_secret": "wrong"}, ("WRONG_CLIENT", "client_secret")),
        ({"client_secret": ""}, ("WRONG_CLIENT", "client_secret")),
        ({"client_id": "unknown"}, ("WRONG_CLIENT", "client_secret")),
        ({"grant_type": ""}, ("WRONG_GRANT_TYPE", "grant_type")),
        ({"grant_type": "password"}, ("WRONG_GRANT_TYPE", "grant_type")),
        ({"code": ""}, ("NO_PARAMETER", "code")),
        ({"redirect_uri": ""}, ("NO_PARAMETER", "redirect_uri")),
        ({"grant_type": "refresh_token"}, ("NO_PARAMETER", "refresh_token")),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, ("WRONG_TOKEN", "refresh_token")),
    ],
)
def test_request_is_rejected(fields: dict[str, str], problem: tuple[str, str]) -> None:
    example = Example()
    code = example.returned(choice="allow")["code"]
    assert problem_of(example.exchange(code, **fields)) == problem
    assert example.exchange(code).status == 200


def test_body_that_is_not_a_form_is_ignored() -> None:
    reply = Example().ask(
        "POST", "/token", b"client_id=the-app&client_secret=the-secret", {"content-type": "text/plain"}
    )
    assert problem_of(reply) == ("WRONG_CLIENT", "client_secret")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "problem"),
    [
        ("", "NO_CLIENT"),
        ("Bearer the-secret", "NO_CLIENT"),
        ("Basic ~", "WRONG_CLIENT"),
        ("Basic é", "WRONG_CLIENT"),
        (basic("the-app"), "WRONG_CLIENT"),
        (basic("the-app:wrong"), "WRONG_CLIENT"),
        (basic("unknown:the-secret"), "WRONG_CLIENT"),
        (basic("the-app:the-secret"), "WRONG_GRANT_TYPE"),
    ],
)
def test_app_authenticates_with_http_basic(authorization: str, problem: str) -> None:
    example = Example().replacing(uses_basic=True)
    headers = {"content-type": FORM, "authorization": authorization}
    reply = example.ask("POST", "/token", b"client_id=the-app&client_secret=the-secret", headers)
    assert problem_of(reply)[0] == problem


def test_refresh_token_is_kept_with_its_expiry() -> None:
    example = Example()
    old = granted(example)
    example.now += timedelta(days=29)
    new = data_of(example.refresh(old["refresh_token"]))
    assert new["refresh_token"] == old["refresh_token"]
    assert new["access_token"] != old["access_token"]
    example.now += timedelta(days=1)
    assert problem_of(example.refresh(old["refresh_token"])) == ("WRONG_TOKEN", "refresh_token")


def test_rotated_refresh_token_is_valid_once() -> None:
    example = Example().replacing(rotates=True)
    old = granted(example)
    new = data_of(example.refresh(old["refresh_token"]))
    assert new["refresh_token"] != old["refresh_token"]
    assert problem_of(example.refresh(old["refresh_token"])) == ("WRONG_TOKEN", "refresh_token")
    assert example.refresh(new["refresh_token"]).status == 200


def test_refresh_token_of_another_app_is_refused() -> None:
    example = Example()
    other = {"client_id": OTHER_APP.client_id, "client_secret": OTHER_APP.client_secret}
    form = {"grant_type": "refresh_token", "refresh_token": granted(example)["refresh_token"]}
    assert problem_of(example.token(**form, **other)) == ("WRONG_TOKEN", "refresh_token")
    assert example.token(**form).status == 200


def test_access_token_is_not_a_refresh_token_and_the_other_way_round() -> None:
    example = Example()
    grant = granted(example)
    assert problem_of(example.refresh(grant["access_token"])) == ("WRONG_TOKEN", "refresh_token")
    assert example.post(grant["refresh_token"]).status == 401


def test_access_token_expires_after_the_lifetime_of_the_scenario() -> None:
    example = Example()
    grant = granted(example)
    assert grant["expires_in"] == 5
    example.now += timedelta(seconds=4)
    assert example.post(grant["access_token"]).status == 201
    example.now += timedelta(seconds=1)
    assert example.post(grant["access_token"]).status == 401


def test_token_without_a_lifetime_does_not_expire() -> None:
    example = Example()
    grant = granted(example, "ok")
    assert "expires_in" not in grant
    example.now += timedelta(days=10_000)
    assert example.post(grant["access_token"]).status == 201


def test_revoked_token_is_invalid_and_others_are_not() -> None:
    example = Example()
    grant = granted(example)
    assert revoke_token(example.state, grant["access_token"])
    assert not revoke_token(example.state, "unknown")
    assert example.post(grant["access_token"]).status == 401
    assert example.refresh(grant["refresh_token"]).status == 200


def test_withdrawn_permission_ends_every_token_of_the_account() -> None:
    example = Example()
    grant, other = granted(example), granted(example)
    token = find_token(example.state, grant["access_token"])
    assert token is not None
    withdraw_permission(example.state, token["account_id"])
    assert example.post(grant["access_token"]).status == 401
    assert problem_of(example.refresh(grant["refresh_token"])) == ("WRONG_TOKEN", "refresh_token")
    assert example.post(other["access_token"]).status == 201


def test_platform_can_name_the_client_and_encode_the_challenge_in_its_own_way() -> None:
    example = Example(
        consent=replace(CONSENT, client_parameter="client_key"),
        tokens=replace(TOKENS, client_parameter="client_key", challenge=lambda verifier: verifier.upper()),
    )
    code = example.returned(choice="allow", client_id="", client_key="the-app", code_challenge=VERIFIER.upper())["code"]
    assert problem_of(example.exchange(code, client_id="the-app")) == ("WRONG_CLIENT", "client_secret")
    assert example.exchange(code, client_id="", client_key="the-app").status == 200


def test_challenge_is_that_of_the_standard() -> None:
    """RFC 7636 appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert challenge_of(VERIFIER) != challenge_of(verifier)


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"redirect_uri": "https://other.example"}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, 400, "invalid_grant"),
    ],
)
def test_errors_are_those_of_the_standard_by_default(fields: dict[str, str], status: int, error: str) -> None:
    tokens = TokenEndpoint(find_app=TOKENS.find_app, new_secret=TOKENS.new_secret, lifetimes=TOKENS.lifetimes)
    example = Example(tokens=tokens)
    code = example.returned(choice="allow")["code"]
    reply = example.token(
        **{
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **fields,
        }
    )
    assert (reply.status, data_of(reply)["error"]) == (status, error)
