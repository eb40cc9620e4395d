"""Connecting Pages by consent: the flows against the simulator, and what ends a connection."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.errors import FailureKind, InputRefused
from letmepost.domain.sandbox_pages import PICTURE_PATH
from letmepost.platforms._meta.simulator.callbacks import callback_body
from letmepost.platforms._meta.simulator.people import ALL_TASKS, create_page, end_sessions, pages_of, set_tasks
from letmepost.platforms.connecting import Callback, ConnectedAccount, ConsentRequest
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.connect import FEATURES, OAUTH, consent_url
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.simulator.consent import APP
from tests.doubles.client import CALLBACK
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker

SCOPES = tuple(scope for scopes in FEATURES.values() for scope in scopes)


@pytest.fixture
def worker() -> Worker:
    return Worker(platform=PLATFORM)


def consented(worker: Worker, choice: str) -> tuple[ConnectedAccount, ...]:
    return worker.exchange(worker.consent(choice)["code"])


def person_of(account: ConnectedAccount) -> str:
    assert account.granted_by is not None
    return account.granted_by


def test_consent_requests_every_scope_of_the_features() -> None:
    request = ConsentRequest(redirect_uri=CALLBACK, state="s", code_challenge="c")
    query = dict(parse_qsl(urlsplit(consent_url(request, FacebookSettings(client_id="1"))).query))
    assert query["scope"].split(",") == list(SCOPES)


def test_every_page_of_a_consent_is_an_account_with_its_own_token(worker: Worker) -> None:
    first, second = consented(worker, "pages")
    assert [first.display_name, second.display_name] == ["Sandbox Bakery", "Sandbox Books"]
    assert first.credential.secrets != second.credential.secrets
    assert first.credential.expires_at is None
    assert first.handle == f"sandbox.{first.platform_account_id}"
    assert first.avatar_url == f"{worker.root}{PICTURE_PATH}"
    assert (first.scopes, dict(first.data)) == (SCOPES, {"comments": True})
    assert person_of(first) == person_of(second)


def test_pages_of_a_business_portfolio_are_connected(worker: Worker) -> None:
    names = [account.display_name for account in consented(worker, "business")]
    assert names == ["Sandbox Bakery", "Sandbox Bakery (portfolio)"]


def test_declined_comments_are_a_fact_about_the_account(worker: Worker) -> None:
    [account] = consented(worker, "allow-less")
    assert account.data["comments"] is False
    assert OAUTH.missing(account.scopes) == ("comments", "businessPages")


@pytest.mark.parametrize(
    ("choice", "rule", "words"),
    [
        ("no-pages", "facebook.pages.none", "selected none in the dialog"),
        ("allow-nothing", None, "pages_manage_posts"),
    ],
)
def test_consent_without_a_page_states_the_cause(worker: Worker, choice: str, rule: str | None, words: str) -> None:
    failure = failed(lambda: consented(worker, choice))
    assert isinstance(failure, InputRefused)
    assert failure.rule == rule
    assert words in failure.message


def test_no_page_without_business_permission_names_that_permission(worker: Worker) -> None:
    code = worker.consent("allow-less")["code"]
    [user] = [key.removeprefix("user/") for key in worker.state if key.startswith("user/")]
    [page] = pages_of(worker.state, user)
    set_tasks(worker.state, page["id"], user, ())
    assert "`business_management` was not granted" in failed(lambda: worker.exchange(code)).message


def test_page_that_cannot_be_published_to_is_named_with_its_reason(worker: Worker) -> None:
    code = worker.consent("no-pages")["code"]
    [user] = [key.removeprefix("user/") for key in worker.state if key.startswith("user/")]
    create_page(worker.state, user, "Draft", is_published=False)
    create_page(worker.state, user, "Read only", tasks=("ANALYZE",))
    failure = failed(lambda: worker.exchange(code))
    assert failure.rule == "facebook.pages.none"
    assert "Draft: the Page is not published." in failure.message
    assert "Read only: the person's role does not allow creating content." in failure.message


def test_changed_password_fails_the_check_of_every_page_with_the_same_cause(worker: Worker) -> None:
    accounts = consented(worker, "pages")
    end_sessions(worker.state, person_of(accounts[0]), 460)
    causes = set()
    for account in accounts:
        worker.use(account)
        failure = failed(lambda: worker.run(PLATFORM.check(facts(account), worker.settings)))  # noqa: B023 - called now
        assert failure.kind is FailureKind.AUTH_FAILED
        causes.add(failure.message)
    [cause] = causes
    assert "password" in cause


def test_lost_role_ends_one_page_and_not_its_sibling(worker: Worker) -> None:
    lost, kept = consented(worker, "pages")
    set_tasks(worker.state, lost.platform_account_id, person_of(lost), ())
    worker.use(lost)
    failure = failed(lambda: worker.run(PLATFORM.check(facts(lost), worker.settings)))
    assert "no role" in failure.message
    worker.use(kept)
    worker.run(PLATFORM.check(facts(kept), worker.settings))


@pytest.mark.parametrize("tasks", [("ANALYZE",), ("MODERATE", "ANALYZE")])
def test_weak_role_rejects_the_post_and_keeps_the_account(worker: Worker, tasks: tuple[str, ...]) -> None:
    """The first role may not act as the Page at all (code 190), the second may not create content (code 200)."""
    [account] = consented(worker, "allow")
    set_tasks(worker.state, account.platform_account_id, person_of(account), tasks)
    failure = failed(lambda: worker.publish(account))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "facebook.page.role_required")
    set_tasks(worker.state, account.platform_account_id, person_of(account), ALL_TASKS)
    worker.publish(account, "works without connecting again")


def test_callback_names_the_person_and_not_a_page(worker: Worker) -> None:
    account, *_ = consented(worker, "pages")
    assert OAUTH.withdrawn is not None
    body = callback_body(APP, person_of(account), worker.now)
    callback = Callback(headers={}, body=body, received_at=worker.now)
    assert OAUTH.withdrawn(callback, worker.settings) == (person_of(account),)


def test_platform_is_not_enabled_without_an_app() -> None:
    assert FacebookSettings.credentials() == ("client_id", "client_secret")
