"""Facebook Login and the Pages of a person: the flows against the simulator."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from letmepost.domain.errors import FailureKind, InputRefused
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.domain.playback import play
from letmepost.platforms._meta.calls import read, sign, signer, with_token
from letmepost.platforms._meta.login import consent_url, log_in
from letmepost.platforms._meta.settings import GraphSettings
from letmepost.platforms._meta.signed_request import withdrawn
from letmepost.platforms._meta.simulator.callbacks import callback_body
from letmepost.platforms._meta.simulator.graph import select
from letmepost.platforms._meta.simulator.people import (
    connect_professional,
    create_business,
    create_page,
    end_sessions,
    set_tasks,
)
from letmepost.platforms.connecting import Callback, Credential, Grant
from tests.doubles.client import CALLBACK
from tests.doubles.simulated import failed
from tests.platforms.meta.login_network import APP, PLATFORM, REQUIRED, SCOPES, LoginClient, consent_request, explain
from tests.platforms.meta.test_graph import NOW, error


@pytest.fixture
def client() -> LoginClient:
    return LoginClient(platform=PLATFORM)


def test_dialog_is_versioned_and_asks_again_for_declined_permissions() -> None:
    url = urlsplit(consent_url(consent_request(), GraphSettings(client_id="138"), SCOPES))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://www.facebook.com/v26.0/dialog/oauth"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "138",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "s",
        "scope": "pages_show_list,pages_manage_posts,business_management",
        "auth_type": "rerequest",
    }


def test_token_of_a_person_is_exchanged_before_pages_are_read(client: LoginClient) -> None:
    person = client.log_in()
    create_page(client.state, person.id, "Acme")
    [page] = client.pages(person).usable
    exchange, prolong = client.calls[0], client.calls[1]
    assert exchange.url == prolong.url == f"{client.root}/v26.0/oauth/access_token"
    assert (prolong.form or {})["grant_type"] == "fb_exchange_token"
    query = (("input_token", page.token), ("access_token", f"{APP.client_id}|{APP.client_secret}"))
    shown = client.ask("GET", "/v26.0/debug_token", query=query)
    assert b'"type":"PAGE","expires_at":0' in shown.body
    assert (page.name, person.scopes) == ("Acme", SCOPES)


@pytest.mark.parametrize("changes", [{"code": "unknown"}, {"redirect_uri": "https://other.example"}])
def test_invalid_consent_requires_another_one(client: LoginClient, changes: dict[str, str]) -> None:
    assert failed(lambda: client.log_in(**changes)).kind is FailureKind.AUTH_FAILED


def test_code_is_accepted_once_and_with_the_suffix_that_facebook_appends(client: LoginClient) -> None:
    code = client.consent("allow")["code"]
    assert client.log_in(code=f"{code}#_=_").id
    assert failed(lambda: client.log_in(code=code)).kind is FailureKind.AUTH_FAILED


def test_declined_required_permission_is_named(client: LoginClient) -> None:
    failure = failed(lambda: client.log_in("none"))
    assert isinstance(failure, InputRefused)
    assert "pages_show_list, pages_manage_posts" in failure.message
    assert client.log_in("few").scopes == REQUIRED


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error(1), FailureKind.UNAVAILABLE),
        (error(101), FailureKind.UNAVAILABLE),
        (error(1, status=500), FailureKind.UNAVAILABLE),
        (error(4), FailureKind.RATE_LIMITED),
        (Reply(status=502, body=b"<html>", received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=200, body=b"{}", received_at=NOW), FailureKind.UNAVAILABLE),
    ],
)
def test_refused_app_or_unavailable_server_does_not_end_a_consent(response: Reply, kind: FailureKind) -> None:
    grant = Grant(code="AQ", redirect_uri=CALLBACK, code_verifier="")
    failure = play(log_in(grant, GraphSettings(client_id="1"), REQUIRED, explain), response).error
    assert getattr(failure, "kind", None) is kind


def test_every_page_of_every_list_is_found_once(client: LoginClient) -> None:
    person = client.log_in()
    for number in range(101):
        create_page(client.state, person.id, f"Page {number}")
    business = create_business(client.state, person.id, "Works")
    owned = create_page(client.state, person.id, "Owned", business=business)
    found = client.pages(person)
    assert len({page.id for page in found.usable}) == len(found.usable) == 102
    assert found.usable[-1].id == owned["id"]
    assert not any(person.token in call.url for call in client.calls)


def test_pages_of_a_business_are_read_only_with_its_permission(client: LoginClient) -> None:
    person = client.log_in("few")
    create_page(client.state, person.id, "Owned", business=create_business(client.state, person.id, "Works"))
    assert client.pages(person).usable == ()
    assert not any("businesses" in call.url for call in client.calls)


def test_page_is_offered_only_if_it_can_be_published_to(client: LoginClient) -> None:
    person = client.log_in()
    business = create_business(client.state, person.id, "Works")
    ungranted = create_page(client.state, person.id, "Ungranted", business=business)
    set_tasks(client.state, ungranted["id"], person.id, ())
    create_page(client.state, person.id, "Read only", tasks=("ANALYZE",))
    create_page(client.state, person.id, "Draft", is_published=False)
    create_page(client.state, person.id, "Good")
    found = client.pages(person)
    assert [page.name for page in found.usable] == ["Good"]
    assert found.unusable == {
        "Read only": "the person's role does not allow creating content",
        "Draft": "the Page is not published",
        "Ungranted": "access to this Page was not granted",
    }


def test_instagram_account_of_a_page_is_read_with_it(client: LoginClient) -> None:
    person = client.log_in()
    page = create_page(client.state, person.id, "Acme")
    account = connect_professional(client.state, page["id"], "acme")
    [found] = client.pages(person, "instagram_business_account{id,username}").usable
    assert found.data["instagram_business_account"] == {"id": account["id"], "username": "acme"}


def test_refused_list_is_not_an_empty_list(client: LoginClient) -> None:
    person = client.log_in()
    end_sessions(client.state, person.id, 460)
    assert failed(lambda: client.pages(person)).kind is FailureKind.AUTH_FAILED


def test_changed_password_ends_the_tokens_of_all_pages(client: LoginClient) -> None:
    person = client.log_in()
    for name in ("One", "Two"):
        create_page(client.state, person.id, name)
    pages = client.pages(person).usable
    assert [page.name for page in pages] == ["One", "Two"]
    end_sessions(client.state, person.id, 460)
    for page in pages:
        reply = client.ask("GET", "/v26.0/me", headers={"authorization": f"Bearer {page.token}"})
        assert (reply.status, b'"error_subcode":460' in reply.body) == (400, True)


def test_lost_role_ends_the_token_of_one_page(client: LoginClient) -> None:
    person = client.log_in()
    lost, kept = create_page(client.state, person.id, "Lost"), create_page(client.state, person.id, "Kept")
    tokens = {page.id: page.token for page in client.pages(person).usable}
    set_tasks(client.state, lost["id"], person.id, ())
    statuses = [
        client.ask("GET", "/v26.0/me", headers={"authorization": f"Bearer {tokens[page['id']]}"}).status
        for page in (lost, kept)
    ]
    assert statuses == [400, 200]


def test_every_call_proves_the_secret_of_the_app(client: LoginClient) -> None:
    person = client.log_in()
    client.pages(person)
    unproven = [call.url for call in client.calls if "appsecret_proof" not in dict(call.query)]
    assert unproven == [f"{client.root}/v26.0/oauth/access_token"] * 2
    call, credential = read(client.settings, "me"), Credential(secrets={"access_token": person.token})
    signed = signer(client.settings)(call, credential, NOW, b"")
    assert dict(signed.query) == dict(with_token(call, person.token, client.settings).query)
    assert signed.headers == {"Authorization": f"Bearer {person.token}"}
    assert "appsecret_proof" not in dict(sign(call, credential, NOW, b"").query)
    upload = Call(method="POST", url="https://rupload.facebook.com/video-upload/v26.0/7", effect=Effect.WRITE)
    signed = signer(GraphSettings(client_secret=SecretStr("s")))(upload, credential, NOW, b"")
    assert (signed.headers, signed.query) == ({"Authorization": f"OAuth {person.token}"}, ())
    anonymous = Call(method="GET", url=call.url, auth=Auth.NONE)
    assert signer(client.settings)(anonymous, credential, NOW, b"") == anonymous


def test_wrong_proof_is_refused_by_the_simulator(client: LoginClient) -> None:
    headers = {"authorization": f"Bearer {client.log_in().token}"}
    reply = client.ask("GET", "/v26.0/me", headers=headers, query=(("appsecret_proof", "0" * 64),))
    assert reply.status == 400


@pytest.mark.parametrize(
    "query", [("ids", "1,2"), ("method", "delete"), ("fields", "name.as(title)"), ("callback", "f"), ("limit", "0")]
)
def test_simulator_refuses_what_meta_has_removed(client: LoginClient, query: tuple[str, str]) -> None:
    headers = {"authorization": f"Bearer {client.log_in().token}"}
    assert client.ask("GET", "/v26.0/me/accounts", headers=headers, query=(query,)).status == 400


def test_fields_select_inside_objects_and_lists() -> None:
    value = {"id": "1", "name": "n", "inner": {"id": "2", "a": 1, "b": 2}, "list": {"data": [{"a": 1, "b": 2}]}}
    assert select(value, "inner{a},list.limit(3){b}") == {
        "id": "1",
        "inner": {"id": "2", "a": 1},
        "list": {"data": [{"b": 2}]},
    }


def test_callback_that_meta_signed_names_the_person(client: LoginClient) -> None:
    signed = Callback(headers={}, body=callback_body(APP, "102", NOW), received_at=NOW)
    assert withdrawn(signed, client.settings) == ("102",)
    with pytest.raises(ValueError, match="signed_request"):
        withdrawn(replace(signed, body=signed.body[:-3]), client.settings)
