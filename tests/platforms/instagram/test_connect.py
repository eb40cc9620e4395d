"""Connecting by consent with both logins, and the lifetime of their tokens."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from letmepost.domain.errors import FailureKind, InputRefused, PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.domain.playback import play
from letmepost.platforms._meta.simulator.callbacks import callback_body
from letmepost.platforms.connecting import Callback, ConsentRequest, Credential, Grant
from letmepost.platforms.instagram.connect import FEATURES, OAUTH, SCOPES, accounts, consent_url
from letmepost.platforms.instagram.session import check, refresh, sign, sign_for
from letmepost.platforms.instagram.settings import InstagramSettings
from letmepost.platforms.instagram.simulator import instagram_login, page_login
from letmepost.platforms.instagram.unpublish import unpublish
from tests.doubles.client import CALLBACK
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import FACEBOOK, INSTAGRAM, TEXT
from tests.platforms.instagram.transcripts import (
    FACEBOOK_SETTINGS,
    HIDDEN,
    NOW,
    SETTINGS,
    USER,
    WITH_FACEBOOK,
    WITH_INSTAGRAM,
    ok,
    refused,
)

REQUEST = ConsentRequest(redirect_uri=CALLBACK, state="s", code_challenge="c")
GRANT = Grant(code="AQB#_", redirect_uri=CALLBACK, code_verifier="v")
TOKEN: dict[str, Any] = {
    "access_token": "short",
    "user_id": 17841400000000001,
    "permissions": "instagram_business_basic,instagram_business_content_publish",
}
LONG = ok(access_token="long", token_type="bearer", expires_in=5_183_944)
ME: dict[str, Any] = {"id": "2500", "user_id": USER, "username": "alice", "account_type": "BUSINESS"}
MAY_PUBLISH = ok(data=[{"quota_usage": 0}])


@pytest.fixture
def worker() -> Worker:
    return Worker(platform=INSTAGRAM)


@pytest.fixture
def facebook() -> Worker:
    return Worker(platform=FACEBOOK)


def query_of(settings: Any) -> tuple[str, dict[str, str]]:
    url = urlsplit(consent_url(REQUEST, settings))
    return f"{url.scheme}://{url.netloc}{url.path}", dict(parse_qsl(url.query))


def test_consent_page_of_instagram_login_is_asked_for_its_own_scopes() -> None:
    page, query = query_of(SETTINGS)
    assert page == "https://www.instagram.com/oauth/authorize"
    assert query == {
        "client_id": "1",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments",
        "state": "s",
    }


def test_consent_page_of_page_login_is_asked_for_its_own_scopes() -> None:
    page, query = query_of(FACEBOOK_SETTINGS)
    assert page == "https://www.facebook.com/v26.0/dialog/oauth"
    assert query["client_id"] == "2"
    assert query["scope"].split(",") == list(SCOPES["facebook_login"])
    assert "instagram_business" not in query["scope"]


def test_features_name_exactly_the_scopes_of_both_logins() -> None:
    named = {scope for needed in FEATURES.values() for one in needed for scope in one.split(" or ")}
    assert named == {scope for scopes in SCOPES.values() for scope in scopes}


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (SCOPES["facebook_login"], ()),
        (SCOPES["instagram_login"], ("unpublish",)),
        (SCOPES["instagram_login"][:2], ("comments", "unpublish")),
        (SCOPES["facebook_login"][:4], ("businessPages", "comments", "unpublish")),
        (("instagram_business_basic",), ("publish", "comments", "unpublish")),
    ],
)
def test_missing_features_are_those_of_the_account_s_login(scopes: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert OAUTH.missing(scopes) == missing


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        {**TOKEN, "user_id": USER},
        {**TOKEN, "permissions": ["instagram_business_basic", "instagram_business_content_publish"]},
        {"data": [TOKEN]},
    ],
)
def test_code_is_exchanged_for_a_token_of_60_days_in_every_documented_form(token: dict[str, Any]) -> None:
    flow = accounts(GRANT, SETTINGS)
    done = play(flow, ok(**token), LONG, ok(**ME), MAY_PUBLISH)
    exchange, prolong, me, quota = done.calls
    assert exchange.url == "https://api.instagram.com/oauth/access_token"
    assert (exchange.form or {})["code"] == "AQB"
    assert prolong.url == "https://graph.instagram.com/access_token"
    assert dict(prolong.query) == {
        "grant_type": "ig_exchange_token",
        "client_secret": "app-secret",
        "access_token": "short",
    }
    assert me.headers == quota.headers == {"Authorization": "Bearer long"}
    [account] = done.value()
    assert (account.platform_account_id, account.handle) == (USER, "alice")
    assert account.data == {
        "login": "instagram_login",
        "appScopedId": "2500",
        "userId": "2500",
        "comments": False,
    }
    assert account.granted_by == "2500"
    assert account.scopes == SCOPES["instagram_login"][:2]
    assert account.credential.expires_at == NOW + timedelta(seconds=5_183_944)


@pytest.mark.parametrize("refusal", [HIDDEN, refused(2, http=500)])
def test_id_that_the_api_knows_is_found_out(refusal: Reply) -> None:
    flow = accounts(GRANT, SETTINGS)
    [account] = play(flow, ok(**TOKEN), LONG, ok(**ME), refusal, MAY_PUBLISH).value()
    assert account.data["userId"] == USER


@pytest.mark.parametrize(
    "answers",
    [
        [refused(10, http=403)],
        [HIDDEN, HIDDEN],
        [PlatformFailure(FailureKind.UNAVAILABLE, "No response.")],
    ],
)
def test_account_is_connected_with_its_first_id_if_none_is_confirmed(answers: list[Reply | Exception]) -> None:
    [account] = play(accounts(GRANT, SETTINGS), ok(**TOKEN), LONG, ok(**ME), *answers).value()
    assert account.data["userId"] == "2500"


def test_account_with_a_professional_id_in_paths_can_publish(worker: Worker) -> None:
    account = worker.connect("professional_id")
    assert account.data["userId"] == account.platform_account_id
    worker.publish(account, **TEXT)
    assert worker.visible() == [TEXT["text"]]


def test_check_finds_out_the_id_again(worker: Worker) -> None:
    account = worker.connect("professional_id")
    outdated = replace(facts(account), data={**account.data, "userId": account.data["appScopedId"]})
    assert worker.run(check(outdated, worker.settings)) == account.data


def test_personal_account_is_refused(worker: Worker) -> None:
    code = worker.consent("personal")["code"]
    failure = failed(lambda: worker.exchange(code))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "instagram.account_type.requires_professional")


def test_code_is_valid_once_and_ends_with_a_suffix(worker: Worker) -> None:
    code = worker.consent("allow")["code"]
    [account] = worker.exchange(f"{code}#_")
    assert account.scopes == SCOPES["instagram_login"]
    assert failed(lambda: worker.exchange(code)).kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize("worker", [INSTAGRAM, FACEBOOK], indirect=False, ids=["instagram", "facebook"])
def test_person_can_deny(worker: Any) -> None:
    assert Worker(platform=worker).consent("deny")["error"] == "access_denied"


def test_optional_permissions_can_be_withheld(worker: Worker, facebook: Worker) -> None:
    for one, missing in ((worker, ("comments", "unpublish")), (facebook, ("comments", "unpublish"))):
        [account] = one.exchange(one.consent("allow-less")["code"])
        assert OAUTH.missing(account.scopes) == missing
        assert account.data["comments"] is False


def test_every_linked_account_is_connected_with_the_token_of_its_page(facebook: Worker) -> None:
    found = facebook.exchange(facebook.consent("two")["code"])
    assert len({account.platform_account_id for account in found}) == len(found) == 2
    assert len({account.credential.secrets["access_token"] for account in found}) == 2
    assert len({account.granted_by for account in found}) == 1
    for account in found:
        assert (account.data["login"], account.credential.expires_at) == ("facebook_login", None)
        facebook.use(account)
        facebook.publish(account, **TEXT)
    assert [post.account_id for post in facebook.posts()] == [account.platform_account_id for account in found]


def test_account_of_a_business_portfolio_is_connected(facebook: Worker) -> None:
    [account] = facebook.exchange(facebook.consent("business")["code"])
    facebook.publish(account, **TEXT)
    assert facebook.visible() == [TEXT["text"]]


def test_page_without_an_instagram_account_is_named(facebook: Worker) -> None:
    code = facebook.consent("unlinked")["code"]
    failure = failed(lambda: facebook.exchange(code))
    assert isinstance(failure, InputRefused)
    assert failure.rule == "instagram.account.none"
    assert "Page without Instagram: no Instagram account is linked to the Page." in failure.message


def test_token_is_refreshed_from_its_second_day_to_its_last(worker: Worker) -> None:
    account = worker.connect()
    assert failed(worker.refresh).kind is FailureKind.REJECTED
    worker.advance(days=40)
    assert worker.refresh().expires_at == worker.now + timedelta(days=60)
    worker.advance(days=60)
    for flow in (check, refresh):
        assert failed(partial(run, worker, flow(facts(account), worker.settings))).kind is FailureKind.AUTH_FAILED


def run(worker: Worker, flow: Flow[Any]) -> object:
    return worker.run(flow)


def test_token_of_a_page_does_not_expire_and_stays_as_it_is(facebook: Worker) -> None:
    account = facebook.connect()
    facebook.advance(days=400)
    assert facebook.run(refresh(facts(account), facebook.settings)) == Credential(secrets={})
    assert facebook.run(check(facts(account), facebook.settings)) is None


def test_check_detects_another_account() -> None:
    other = play(check(WITH_INSTAGRAM, SETTINGS), ok(**{**ME, "user_id": "1"})).error
    assert isinstance(other, PlatformFailure)
    assert other.kind is FailureKind.UNAVAILABLE


def test_check_with_facebook_login_reads_the_account_of_the_page() -> None:
    linked: dict[str, Any] = {"id": "7", "instagram_business_account": {"id": USER}}
    done = play(check(WITH_FACEBOOK, FACEBOOK_SETTINGS), ok(**linked))
    assert (done.error, [call.url for call in done.calls]) == (None, ["https://graph.facebook.com/v26.0/me"])
    others: tuple[dict[str, Any], ...] = ({"id": "7"}, {**linked, "instagram_business_account": {"id": "1"}})
    for other in others:
        error = play(check(WITH_FACEBOOK, FACEBOOK_SETTINGS), ok(**other)).error
        assert isinstance(error, PlatformFailure)
        assert error.kind is FailureKind.UNAVAILABLE


def test_refresh_sends_the_token_in_the_query_and_no_secret() -> None:
    [call] = play(refresh(WITH_INSTAGRAM, SETTINGS)).calls
    signed = sign(call, Credential(secrets={"access_token": "long"}), NOW, b"")
    assert signed.url == "https://graph.instagram.com/refresh_access_token"
    assert dict(signed.query) == {"grant_type": "ig_refresh_token", "access_token": "long"}


def test_calls_prove_the_secret_of_the_facebook_app_only_to_facebook() -> None:
    credential, sign_call = Credential(secrets={"access_token": "long"}), sign_for(FACEBOOK_SETTINGS)
    [to_facebook] = play(check(WITH_FACEBOOK, FACEBOOK_SETTINGS)).calls
    [to_instagram] = play(check(WITH_INSTAGRAM, FACEBOOK_SETTINGS)).calls
    assert "appsecret_proof" in dict(sign_call(to_facebook, credential, NOW, b"").query)
    assert "appsecret_proof" not in dict(sign_call(to_instagram, credential, NOW, b"").query)
    assert sign_for(SETTINGS)(to_facebook, credential, NOW, b"") == sign(to_facebook, credential, NOW, b"")


@pytest.mark.parametrize("settings", [SETTINGS, FACEBOOK_SETTINGS])
def test_token_has_the_scheme_of_the_upload_host_only_there(settings: InstagramSettings) -> None:
    credential, sign_call = Credential(secrets={"access_token": "long"}), sign_for(settings)
    upload = Call(method="POST", url="https://rupload.facebook.com/ig-api-upload/v26.0/1")
    assert sign_call(upload, credential, NOW, b"").headers == {"Authorization": "OAuth long"}
    assert sign_call(upload, credential, NOW, b"").query == ()
    other = replace(upload, url="https://rupload.facebook.com.example/ig-api-upload/v26.0/1")
    assert sign_call(other, credential, NOW, b"").headers == {"Authorization": "Bearer long"}


@pytest.mark.parametrize(("app", "settings"), [(instagram_login.APP, SETTINGS), (page_login.APP, FACEBOOK_SETTINGS)])
def test_callback_that_meta_signed_names_the_person(app: Any, settings: Any) -> None:
    assert OAUTH.withdrawn is not None
    own = settings.model_copy(update={"client_secret": SecretStr(app.client_secret)})
    callback = Callback(headers={}, body=callback_body(app, "2500", NOW), received_at=NOW)
    assert OAUTH.withdrawn(callback, own) == ("2500",)
    with pytest.raises(ValueError, match="signed_request"):
        OAUTH.withdrawn(callback, settings)


def test_account_with_instagram_login_cannot_delete(worker: Worker) -> None:
    account = worker.connect()
    failure = failed(lambda: worker.run(unpublish(facts(account), ["5"], worker.settings)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "instagram.unpublish.login")
    assert worker.ask("DELETE", "/graph.instagram.com/v26.0/5").status == 400
