"""Connecting an account."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.errors import ErrorCode, FailureKind, InputRefused, PlatformFailure, Unaddressable
from letmepost.domain.flow import Auth, Effect, Reply
from letmepost.domain.playback import Transcript, play
from letmepost.domain.retry import POLICIES
from letmepost.platforms.bluesky.connect import ConnectInput, connect
from letmepost.platforms.connecting import ConnectedAccount
from tests.doubles.hostile import assert_ends_for_any_reply
from tests.platforms.bluesky.transcripts import (
    AWAY,
    DID,
    NOW,
    PDS,
    SETTINGS,
    recorded,
)

RESOLVE = "https://public.api.bsky.app/xrpc/com.atproto.identity.resolveHandle"
PROFILE = "https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile"
DOCUMENT = f"https://plc.directory/{DID}"
SIGN_IN = f"{PDS}/xrpc/com.atproto.server.createSession"

BY_HANDLE = [
    recorded("resolve_handle"),
    recorded("did_document"),
    recorded("create_session"),
    recorded("get_profile"),
]


def entered(identifier: str = "alice.example.com", **more: str) -> ConnectInput:
    return ConnectInput.model_validate({"identifier": identifier, "appPassword": "abcd-efgh-ijkl-mnop", **more})


def run(form: ConnectInput, *replies: Reply | PlatformFailure) -> Transcript[ConnectedAccount]:
    return play(connect(form, SETTINGS), *replies)


def refusal(transcript: Transcript[ConnectedAccount]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure)
    return transcript.error


def urls(transcript: Transcript[ConnectedAccount]) -> list[str]:
    return [call.url for call in transcript.calls]


def test_handle_leads_to_did_document_and_server() -> None:
    transcript = run(entered(), *BY_HANDLE)
    assert urls(transcript) == [RESOLVE, DOCUMENT, SIGN_IN, PROFILE]
    account = transcript.value()
    assert account.platform_account_id == DID
    assert account.handle == "alice.example.com"
    assert account.display_name == "Alice"
    assert account.avatar_url == "https://cdn.bsky.app/img/avatar/plain/alice@jpeg"
    assert account.data == {"pds": PDS, "did": DID}
    assert set(account.credential.secrets) == {"access_jwt", "refresh_jwt"}
    assert account.token_expires_at is None, "it renews itself"


def test_only_the_sign_in_writes_and_nothing_is_signed() -> None:
    calls = run(entered(), *BY_HANDLE).calls
    assert {call.auth for call in calls} == {Auth.NONE}
    assert [(call.effect, call.step) for call in calls if call.effect is not Effect.READ] == [(Effect.WRITE, None)]
    assert calls[2].json == {"identifier": "alice.example.com", "password": "abcd-efgh-ijkl-mnop"}


def test_did_needs_no_resolver() -> None:
    assert urls(run(entered(DID), *BY_HANDLE[1:])) == [DOCUMENT, SIGN_IN, PROFILE]


@pytest.mark.parametrize("unknown", ["handle_unknown", "handle_not_found", "not_supported", "a_web_page"])
def test_handle_is_resolved_by_its_own_web_server_when_the_resolver_does_not_know_it(unknown: str) -> None:
    transcript = run(entered(), recorded(unknown), recorded("well_known_did"), *BY_HANDLE[1:])
    assert urls(transcript)[1] == "https://alice.example.com/.well-known/atproto-did"
    assert transcript.value().platform_account_id == DID


@pytest.mark.parametrize("trouble", [AWAY, recorded("internal_server_error")])
def test_handle_is_resolved_by_its_own_web_server_when_the_resolver_is_down(trouble: Reply | PlatformFailure) -> None:
    transcript = run(entered(), trouble, recorded("well_known_did"), *BY_HANDLE[1:])
    assert transcript.value().platform_account_id == DID


@pytest.mark.parametrize("page", [AWAY, recorded("a_web_page"), recorded("not_supported")])
def test_unused_handle_is_rejected_by_name(page: Reply | PlatformFailure) -> None:
    failure = refusal(run(entered(), recorded("handle_unknown"), page))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.handle_unresolved")
    assert "alice.example.com" in failure.message


def test_handle_is_not_rejected_when_the_resolver_is_down() -> None:
    assert refusal(run(entered(), AWAY, AWAY)).kind is FailureKind.UNAVAILABLE
    transcript = run(entered(), recorded("rate_limited"), recorded("a_web_page"))
    assert refusal(transcript).kind is FailureKind.RATE_LIMITED


@pytest.mark.parametrize(
    "document",
    [
        recorded("did_unknown"),
        Reply(status=410, received_at=NOW),
        recorded("a_web_page"),
        recorded("did_document", id="did:plc:anotheraccount"),
    ],
)
def test_did_without_a_document_is_rejected(document: Reply) -> None:
    failure = refusal(run(entered(DID), document))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.did_unresolved")


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:example.com", "https://example.com/.well-known/did.json"),
        ("did:web:localhost%3A3000", "https://localhost:3000/.well-known/did.json"),
    ],
)
def test_did_web_is_read_from_its_host(did: str, url: str) -> None:
    replies = [
        recorded("did_document", id=did),
        recorded("create_session", did=did),
        recorded("get_profile"),
    ]
    transcript = run(entered(did), *replies)
    assert urls(transcript)[0] == url
    assert transcript.value().platform_account_id == did


@pytest.mark.parametrize(
    "did",
    [
        "did:key:zQ3sh",
        "did:web:example.com:user:alice",
        "did:web:a%40example.com",
        "did:web:example.com%2Fx",
        "did:web:%3Fa",
        "did:web:a%ff",
    ],
)
def test_other_did_methods_are_rejected_without_a_call(did: str) -> None:
    transcript = run(entered(did))
    assert refusal(transcript).rule == "bluesky.connect.did_unresolved"
    assert transcript.calls == []


SERVICE = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS}


@pytest.mark.parametrize(
    "service",
    [
        None,
        [],
        ["x"],
        {"id": "#atproto_pds"},
        [{**SERVICE, "type": "AtprotoLabeler"}],
        [{**SERVICE, "id": "#atproto_labeler"}],
        [{**SERVICE, "serviceEndpoint": None}],
        [{**SERVICE, "serviceEndpoint": {"uri": PDS}}],
        [{**SERVICE, "serviceEndpoint": "ftp://pds.example.com"}],
        [{**SERVICE, "serviceEndpoint": "https://user:secret@pds.example.com"}],
        [{**SERVICE, "serviceEndpoint": "https://pds.example.com/?a=b"}],
    ],
)
def test_document_without_a_usable_server_is_rejected(service: object) -> None:
    failure = refusal(run(entered(DID), recorded("did_document", service=service)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.server_missing")


def test_document_may_name_its_server_by_full_id_and_with_a_trailing_slash() -> None:
    service = [{**SERVICE, "id": f"{DID}#atproto_pds", "serviceEndpoint": f"{PDS}/"}]
    transcript = run(entered(DID), recorded("did_document", service=service), *BY_HANDLE[2:])
    assert transcript.value().data["pds"] == PDS


@pytest.mark.parametrize("names", [[], ["at://bob.example.com"], None, "at://alice.example.com", [7]])
def test_unconfirmed_handle_is_not_shown(names: object) -> None:
    transcript = run(entered(DID), recorded("did_document", alsoKnownAs=names), *BY_HANDLE[2:])
    assert transcript.value().handle == "handle.invalid"


def test_handles_are_compared_case_insensitively() -> None:
    document = recorded("did_document", alsoKnownAs=["https://alice", "at://Alice.Example.com"])
    session = recorded("create_session", handle="ALICE.example.com")
    transcript = run(entered(DID), document, session, recorded("get_profile"))
    assert transcript.value().handle == "alice.example.com"


@pytest.mark.parametrize(
    ("reply", "kind", "hint"),
    [
        (recorded("wrong_password"), FailureKind.REJECTED, "app password"),
        (recorded("second_factor"), FailureKind.REJECTED, "app password"),
        (Reply(status=401, received_at=NOW), FailureKind.REJECTED, "app password"),
        (Reply(status=400, body=b'{"error": "InvalidRequest"}', received_at=NOW), FailureKind.REJECTED, None),
        (recorded("rate_limited"), FailureKind.RATE_LIMITED, None),
        (recorded("internal_server_error"), FailureKind.UNAVAILABLE, None),
        (recorded("create_session", accessJwt=""), FailureKind.UNAVAILABLE, None),
        (recorded("create_session", refreshJwt=None), FailureKind.UNAVAILABLE, None),
        (recorded("create_session", did="invalid"), FailureKind.UNAVAILABLE, None),
        (recorded("create_session", active=False), FailureKind.AUTH_FAILED, "Reactivate"),
        (recorded("a_web_page"), FailureKind.UNAVAILABLE, None),
    ],
)
def test_sign_in_failure_has_a_remediation(reply: Reply, kind: FailureKind, hint: str | None) -> None:
    failure = refusal(run(entered(DID), BY_HANDLE[1], reply))
    assert failure.kind is kind
    assert isinstance(failure, InputRefused) is (kind is FailureKind.REJECTED)
    assert hint is None or hint in str(failure.remediation)


def test_session_of_another_account_is_rejected() -> None:
    session = recorded("create_session", did="did:plc:anotheraccount")
    failure = refusal(run(entered(), *BY_HANDLE[:2], session))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.server_mismatch")


@pytest.mark.parametrize("profile", [AWAY, recorded("rate_limited"), recorded("a_web_page")])
def test_account_connects_without_its_profile(profile: Reply | PlatformFailure) -> None:
    account = run(entered(), *BY_HANDLE[:3], profile).value()
    assert (account.display_name, account.avatar_url) == (None, None)


def test_malformed_profile_is_empty() -> None:
    account = run(entered(), *BY_HANDLE[:3], recorded("get_profile", displayName="", avatar=7)).value()
    assert (account.display_name, account.avatar_url) == (None, None)


def test_named_server_is_confirmed_by_the_directory() -> None:
    transcript = run(entered(pdsUrl=f"{PDS}/"), *BY_HANDLE[2:3], BY_HANDLE[1], BY_HANDLE[3])
    assert urls(transcript) == [SIGN_IN, DOCUMENT, PROFILE]
    assert transcript.value().data["pds"] == PDS


TAKEOVER = {"pdsUrl": "https://evil.example.net"}
"""A server named by the user, which responds to a sign-in with the DID of another account."""


@pytest.mark.parametrize("form", [TAKEOVER, {"pdsUrl": PDS}, {"identifier": "alice@example.com"}])
@pytest.mark.parametrize(
    ("directory", "kind"),
    [
        (AWAY, FailureKind.UNAVAILABLE),
        (recorded("rate_limited"), FailureKind.RATE_LIMITED),
        (Reply(status=500, received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=502, body=b"<html>", received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=503, received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=301, received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=401, received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=403, received_at=NOW), FailureKind.UNAVAILABLE),
        (recorded("did_unknown"), FailureKind.REJECTED),
        (Reply(status=410, received_at=NOW), FailureKind.REJECTED),
        (recorded("did_document", id="did:plc:anotheraccount"), FailureKind.REJECTED),
        (recorded("did_document", service=[]), FailureKind.REJECTED),
    ],
)
def test_server_is_rejected_when_the_directory_does_not_confirm_it(
    form: dict[str, str], directory: Reply | PlatformFailure, kind: FailureKind
) -> None:
    failure = refusal(run(entered(**form), BY_HANDLE[2], directory))
    assert failure.kind is kind
    assert isinstance(failure, InputRefused) is (kind is FailureKind.REJECTED)


@pytest.mark.parametrize("directory", [AWAY, recorded("rate_limited"), Reply(status=503, received_at=NOW)])
def test_unavailable_directory_is_not_reported_as_an_unknown_account(directory: Reply | PlatformFailure) -> None:
    for identifier, before in (("alice.example.com", BY_HANDLE[:1]), (DID, [])):
        failure = refusal(run(entered(identifier), *before, directory))
        assert POLICIES[failure.kind].code is ErrorCode.PLATFORM_UNAVAILABLE


def test_named_server_must_sign_in_the_did_that_was_entered() -> None:
    session = recorded("create_session", did="did:plc:anotheraccount")
    failure = refusal(run(entered(DID, **TAKEOVER), session))
    assert failure.rule == "bluesky.connect.server_mismatch"


PRIVATE = Unaddressable("pds.internal leads to no address on the public internet.")


def test_server_without_a_public_address_is_rejected() -> None:
    failure = refusal(run(entered(pdsUrl="https://pds.internal"), PRIVATE))
    assert isinstance(failure, InputRefused)
    assert (failure.message, failure.rule) == (PRIVATE.message, "bluesky.connect.not_a_server")


def test_document_that_names_a_server_without_a_public_address_is_rejected() -> None:
    failure = refusal(run(entered(DID), BY_HANDLE[1], PRIVATE))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "bluesky.connect.server_missing"
    failure = refusal(run(entered(**TAKEOVER), BY_HANDLE[2], BY_HANDLE[1], PRIVATE))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "bluesky.connect.server_missing"


def test_did_of_the_web_on_a_host_without_a_public_address_is_rejected() -> None:
    failure = refusal(run(entered("did:web:pds.internal"), PRIVATE))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "bluesky.connect.did_unresolved"


def test_did_of_the_web_claimed_by_a_server_is_read_from_its_own_host() -> None:
    session = recorded("create_session", did="did:web:victim.example")
    transcript = run(entered(**TAKEOVER), session, Reply(status=404, received_at=NOW))
    assert urls(transcript)[1] == "https://victim.example/.well-known/did.json"
    assert refusal(transcript).rule == "bluesky.connect.did_unresolved"


@pytest.mark.parametrize("identifier", ["alice.example.com", DID])
def test_directory_without_an_address_is_unavailable(identifier: str) -> None:
    replies = [BY_HANDLE[0]] if identifier != DID else []
    failure = refusal(run(entered(identifier), *replies, Unaddressable("plc.directory leads to no address.")))
    assert failure.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("status", [401, 403])
def test_resolver_that_refuses_calls_is_unavailable(status: int) -> None:
    refused = Reply(status=status, body=b'{"error": "AuthMissing"}', received_at=NOW)
    assert refusal(run(entered(), refused, recorded("a_web_page"))).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("form", [{"pdsUrl": "https://bsky.social"}, {"identifier": "alice@example.com"}])
def test_session_from_the_entryway_is_shown_to_the_account_s_own_server(form: dict[str, str]) -> None:
    replies = [BY_HANDLE[2], BY_HANDLE[1], recorded("get_session"), BY_HANDLE[3]]
    transcript = run(entered(**form), *replies)
    proof = transcript.calls[2]
    assert urls(transcript)[0] == "https://bsky.social/xrpc/com.atproto.server.createSession"
    assert proof.url == f"{PDS}/xrpc/com.atproto.server.getSession"
    assert proof.headers["Authorization"].startswith("Bearer eyJ")
    assert transcript.value().data["pds"] == PDS


@pytest.mark.parametrize("proof", ["authentication_required", "expired_token", "get_session"])
def test_server_cannot_vouch_for_an_account_on_another_server(proof: str) -> None:
    """Anyone may run a server that responds with the DID of another account."""
    changes = {"did": "did:plc:anotheraccount"} if proof == "get_session" else {}
    form = entered(pdsUrl="https://evil.example.net")
    failure = refusal(run(form, BY_HANDLE[2], BY_HANDLE[1], recorded(proof, **changes)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.server_mismatch")


def test_sign_in_is_not_rejected_when_the_server_is_unavailable() -> None:
    form = entered(pdsUrl="https://bsky.social")
    failure = refusal(run(form, BY_HANDLE[2], BY_HANDLE[1], recorded("internal_server_error")))
    assert failure.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    "reply", [recorded("not_supported"), recorded("a_web_page"), Reply(status=301, received_at=NOW)]
)
def test_address_without_a_server_is_rejected(reply: Reply) -> None:
    failure = refusal(run(entered(pdsUrl="https://example.com"), reply))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.connect.not_a_server")


@pytest.mark.parametrize(
    ("typed", "identifier"),
    [
        (" @Alice.Example.com ", "alice.example.com"),
        ("\u202a@alice.example.com\u202c", "alice.example.com"),
        ("\ufeffalice.example.com\u200b", "alice.example.com"),
        (f"{DID} ", DID),
        ("Alice+b@Example.com", "Alice+b@Example.com"),
    ],
)
def test_identifiers_are_normalized(typed: str, identifier: str) -> None:
    assert entered(typed).identifier == identifier


@pytest.mark.parametrize("typed", ["", "@", "alice", "a b.com", "alice..com", "did:plc:", "a@b@c", "x" * 3000])
def test_invalid_identifier_is_rejected_before_any_call(typed: str) -> None:
    with pytest.raises(ValidationError):
        entered(typed)


@pytest.mark.parametrize(
    "url",
    ["pds.example.com", "ftp://pds.example.com", "https://a:b@pds.example.com", "https://pds.example.com/?a#b", ""],
)
def test_server_address_must_be_a_plain_url(url: str) -> None:
    with pytest.raises(ValidationError):
        entered(pdsUrl=url)


@pytest.mark.parametrize("form", [{"appPassword": ""}, {"app_password": "x"}, {"password": "x"}])
def test_form_rejects_unknown_fields(form: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        entered(**form)


def test_form_and_its_errors_do_not_show_the_password() -> None:
    assert "abcd" not in repr(entered())
    with pytest.raises(ValidationError) as refused:
        ConnectInput.model_validate({"identifier": "x", "appPassword": "abcd-efgh", "appPasword": "abcd-efgh"})
    assert "abcd" not in str(refused.value)


FLOWS: list[tuple[dict[str, Any], Sequence[Reply]]] = [
    ({}, BY_HANDLE),
    ({"pdsUrl": PDS}, [BY_HANDLE[2], BY_HANDLE[1], BY_HANDLE[3]]),
    ({"identifier": "a@b.c"}, [BY_HANDLE[2], BY_HANDLE[1], recorded("get_session"), BY_HANDLE[3]]),
]


@pytest.mark.parametrize(("form", "replies"), FLOWS)
def test_flow_ends_for_any_reply(form: dict[str, Any], replies: Sequence[Reply]) -> None:
    assert_ends_for_any_reply(lambda: connect(entered(**form), SETTINGS), replies)
