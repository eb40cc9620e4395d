"""The credentials of every platform: where they are sent, where they are not shown, and how they are replaced."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Live
from letmepost.platforms.connecting import Credential, Grant
from tests.doubles.client import CALLBACK
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker
from tests.platforms.suite.description import PlatformSuite, texts_of
from tests.platforms.suite.suites import each_suite, each_suite_where


def use_everything(suite: PlatformSuite) -> tuple[Worker, set[str]]:
    """Run every flow once; return the worker, and every secret that it has had."""
    worker, platform = Worker(platform=suite.platform), suite.platform
    account = worker.connect("token_expiring" if "token_expiring" in platform.simulator.scenarios else "ok")
    secrets = {*account.credential.secrets.values(), *_app_secrets(worker)}
    worker.run(platform.check(facts(account), worker.settings))
    if "token_expiring" in platform.simulator.scenarios:
        secrets |= set(worker.refresh().secrets.values())
    for content in suite.posts().values():
        post = worker.ready(account, **content)
        uri = next(what.uri for what in worker.finish(post) if isinstance(what, Live))
        worker.look_for(post, worker.intents()[-1])
        if platform.is_there is not None:
            worker.run(platform.is_there(facts(account), uri, worker.settings))
        if platform.unpublish is not None:
            worker.run(platform.unpublish(facts(account), [uri], worker.settings))
    worker.run(platform.disconnect(facts(account), worker.settings))
    return worker, secrets


def _app_secrets(worker: Worker) -> Iterator[str]:
    values = vars(worker.settings).values()
    return (value.get_secret_value() for value in values if isinstance(value, SecretStr))


@each_suite
def test_secret_is_not_in_any_url_log_or_repr(suite: PlatformSuite) -> None:
    worker, secrets = use_everything(suite)
    assert worker.credential is not None
    signed = [suite.platform.sign(call, worker.credential, worker.now, bytes(32)) for call in worker.calls]
    shown = [
        *map(repr, [*worker.calls, *signed, worker.credential, worker.account, worker.settings]),
        *(json.dumps(record.as_json()) for record in worker.records),
        *(urlsplit(request.url)._replace(query="").geturl() for request in worker.requests),
        json.dumps(dict(worker.account.data)),
    ]
    for text in shown:
        assert not [secret for secret in secrets if secret in text], text
    in_query = {
        call.url.rpartition("/")[2]
        for call in (*worker.calls, *signed)
        if secrets & {value for _, value in (*call.query, *parse_qsl(urlsplit(call.url).query))}
    }
    assert in_query == suite.secrets_in_query


@each_suite
def test_grant_and_connect_input_do_not_show_their_secrets(suite: PlatformSuite) -> None:
    given = Worker(platform=suite.platform).create_account()
    if suite.platform.connect_input is None:
        assert given["code"] not in repr(Grant(code=given["code"], redirect_uri=CALLBACK, code_verifier="v" * 43))
        return
    form = suite.platform.connect_input.model_validate(given)
    secrets = [value for name, value in given.items() if isinstance(getattr(form, name, None), SecretStr)]
    assert not [secret for secret in secrets if secret in f"{form!r} {form}"]


@each_suite
def test_signing_changes_neither_the_call_nor_other_headers(suite: PlatformSuite) -> None:
    worker, _ = use_everything(suite)
    assert worker.credential is not None
    for call in worker.calls:
        before = dict(call.headers)
        signed = suite.platform.sign(call, worker.credential, worker.now, bytes(32))
        assert dict(call.headers) == before
        assert before.items() <= dict(signed.headers).items()
        assert (signed.method, signed.url, signed.effect, signed.step) == (
            call.method,
            call.url,
            call.effect,
            call.step,
        )


def expiring(suite: PlatformSuite) -> tuple[Worker, Credential]:
    worker = Worker(platform=suite.platform)
    return worker, worker.connect("token_expiring").credential


each_suite_with_refresh = each_suite_where(lambda platform: "token_expiring" in platform.simulator.scenarios)


@each_suite_with_refresh
def test_refreshed_credential_keeps_every_secret_and_replaces_an_expired_one(suite: PlatformSuite) -> None:
    worker, old = expiring(suite)
    assert old.expires_at is not None
    worker.now = old.expires_at - (old.expires_at - worker.now) / 10
    fresh = worker.refresh()
    assert set(fresh.secrets) == set(old.secrets)
    assert all(fresh.secrets.values())
    assert fresh.expires_at is None or fresh.expires_at > old.expires_at
    worker.now = old.expires_at
    assert worker.work(worker.ready(worker.account, **suite.posts()["text"])) == "published"


@each_suite_with_refresh
def test_expired_token_is_refreshed_once_while_publishing(suite: PlatformSuite) -> None:
    worker, old = expiring(suite)
    assert old.expires_at is not None
    worker.now = old.expires_at
    content = suite.posts()["text"]
    status = worker.work(worker.ready(worker.account, **content))
    if suite.refreshes_expired_tokens:
        assert (status, worker.refresh_count, worker.visible()) == ("published", 1, texts_of(content))
    else:
        assert (status, worker.refresh_count, worker.visible()) == ("held", 0, [])


@each_suite
def test_success_of_any_flow_needs_no_refresh(suite: PlatformSuite) -> None:
    worker, _ = use_everything(suite)
    assert not [reply for reply in worker.replies if reply.ok and suite.platform.needs_refresh(reply)]


@each_suite_where(lambda platform: "auth_revoked" in platform.simulator.scenarios)
def test_revoked_permission_fails_the_check_and_requires_a_person(suite: PlatformSuite) -> None:
    worker = Worker(platform=suite.platform)
    account = worker.connect("auth_revoked")
    for flow in (suite.platform.check, suite.platform.refresh):
        failure = failed(lambda: worker.run(flow(facts(account), worker.settings)))  # noqa: B023 - called in this turn
        assert failure.kind is FailureKind.AUTH_FAILED


@each_suite
def test_account_can_be_disconnected_repeatedly(suite: PlatformSuite) -> None:
    worker = Worker(platform=suite.platform)
    account = worker.connect()
    for _ in range(2):
        worker.run(suite.platform.disconnect(facts(account), worker.settings))
