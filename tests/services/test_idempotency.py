import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import IdempotencyConflict
from letmepost.services.callers import Caller
from letmepost.services.idempotency import KEPT_FOR, SECRETS_KEPT_FOR, Answer, Idempotency
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.idempotency import IdempotencyClaim
from letmepost.storage.sealing import Keyring
from tests.doubles.clock import SteppedClock
from tests.storage.support import KEYRING, Admin, NoHints, Owner, fresh_id, make_owner

REQUEST = b'POST /v1/api-keys {"name": "one"}'
MINTED = Answer(201, b'{"key": "lmp_live_secret"}', {"location": "/v1/api-keys/key_1"})
OLD_KEY, NEW_KEY = bytes(range(32)), bytes(range(32, 64))


@dataclass
class Bench:
    """The service for one tenant, with a clock that the test moves."""

    owner: Owner
    keys: Mapping[str, bytes] = field(default_factory=lambda: {"k1": OLD_KEY})
    clock: SteppedClock = field(default_factory=SteppedClock)
    kept_for: timedelta = KEPT_FOR

    def service(self) -> Idempotency:
        keyring = Keyring(self.keys, secrets.token_bytes)
        return Idempotency(self.units(), keyring, self.clock, kept_for=self.kept_for)

    def units(self) -> UnitsOfWork:
        return UnitsOfWork(self.owner.database, KEYRING, self.clock, NoHints())

    def caller(self, **changes: Any) -> Caller:
        return replace(self.owner.caller, **changes)

    def claim(self, key: str = "key", request: bytes = REQUEST, caller: Caller | None = None) -> IdempotencyClaim:
        return self.service().claim_of(caller or self.caller(), key, request)

    async def perform(
        self, claim: IdempotencyClaim, caller: Caller | None = None, *, has_secret: bool = False
    ) -> Answer:
        """Run a use case for the key, or replay its response."""
        return await self.service().perform(caller or self.caller(), claim, mint, render, has_secret=has_secret)


async def mint(_: Work) -> Answer:
    return MINTED


def render(answer: Answer) -> Answer:
    return answer


@pytest.fixture
def bench(owner: Owner) -> Bench:
    return Bench(owner)


async def test_first_response_is_replayed_byte_for_byte(bench: Bench) -> None:
    first = await bench.perform(bench.claim())
    again = await bench.perform(bench.claim())
    assert first == MINTED
    assert (again.status, again.body) == (MINTED.status, MINTED.body)
    assert again.headers == {**MINTED.headers, "Idempotency-Replayed": "true"}


async def test_key_used_for_another_request_is_rejected(bench: Bench) -> None:
    await bench.perform(bench.claim())
    other = bench.claim(request=b"POST /v1/api-keys {}")
    with pytest.raises(IdempotencyConflict) as refused:
        await bench.perform(other)
    assert refused.value.rule == "idempotency_key.body_mismatch"


async def test_request_without_a_response_yet_is_not_repeated(bench: Bench) -> None:
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().reserve(work, bench.claim())
    with pytest.raises(IdempotencyConflict) as refused:
        await bench.perform(bench.claim())
    assert (refused.value.rule, refused.value.retry_after_s) == ("idempotency_key.in_progress", 2)


async def test_response_added_after_a_key_rotation_is_replayed(bench: Bench) -> None:
    """The process that reserved the key may have crashed, and another one with new keys adds the response."""
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().reserve(work, bench.claim())
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().settle(work, bench.claim(), MINTED)
    again = await bench.perform(bench.claim())
    assert (again.body, again.headers["Idempotency-Replayed"]) == (MINTED.body, "true")


async def test_response_is_not_added_to_an_expired_record(bench: Bench) -> None:
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().reserve(work, bench.claim())
    bench.clock.advance(KEPT_FOR.total_seconds() + 1)
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().reserve(work, bench.claim())
    bench.keys = {"k1": OLD_KEY, "k2": NEW_KEY}
    async with bench.units().begin(bench.caller()) as work:
        await bench.service().settle(work, bench.claim(), MINTED)
    assert (await bench.perform(bench.claim())).body == MINTED.body


async def test_same_key_of_another_profile_or_tenant_is_independent(bench: Bench) -> None:
    await bench.perform(bench.claim())
    of_profile = bench.caller(profile_id=bench.owner.profile_id)
    assert await bench.perform(bench.claim(caller=of_profile), of_profile) == MINTED
    elsewhere = Bench(await make_owner(bench.owner.database))
    assert await elsewhere.perform(elsewhere.claim()) == MINTED


async def test_response_is_kept_for_a_day(bench: Bench) -> None:
    await bench.perform(bench.claim())
    bench.clock.advance(KEPT_FOR.total_seconds())
    assert "Idempotency-Replayed" in (await bench.perform(bench.claim())).headers
    bench.clock.advance(1)
    assert await bench.perform(bench.claim()) == MINTED


async def test_response_is_kept_for_the_configured_period(bench: Bench) -> None:
    bench.kept_for = timedelta(hours=48)
    await bench.perform(bench.claim())
    bench.clock.advance(48 * 3600)
    assert "Idempotency-Replayed" in (await bench.perform(bench.claim())).headers
    bench.clock.advance(1)
    assert await bench.perform(bench.claim()) == MINTED


async def test_every_stored_response_is_sealed(bench: Bench, admin: Admin) -> None:
    """Responses contain signed media URLs, which give anyone who reads the database access to the file."""
    await bench.perform(bench.claim())
    [row] = await admin.rows("SELECT body, has_secret FROM idempotency_keys")
    assert not row["has_secret"]
    assert MINTED.body not in row["body"]


async def test_request_without_a_key_is_not_recorded(bench: Bench, admin: Admin) -> None:
    assert await bench.service().perform(bench.caller(), None, mint, render) == MINTED
    assert await admin.one("SELECT count(*) FROM idempotency_keys") == 0


async def test_keys_and_requests_are_not_stored_in_plain_text(bench: Bench, admin: Admin) -> None:
    await bench.perform(bench.claim(key="a-telling-key"))
    [row] = await admin.rows("SELECT key_hash, fingerprint FROM idempotency_keys")
    assert [row["key_hash"]] == bench.claim(key="a-telling-key").key_hashes
    assert [row["fingerprint"]] == bench.claim().fingerprints
    assert len(row["key_hash"]) == len(row["fingerprint"]) == 32


# Responses with a secret


async def test_response_with_a_secret_is_stored_sealed(bench: Bench, admin: Admin) -> None:
    """Stored responses must not contain new API keys in plain text."""
    await bench.perform(bench.claim(), has_secret=True)
    [row] = await admin.rows("SELECT body, has_secret FROM idempotency_keys")
    assert row["has_secret"]
    assert b"secret" not in row["body"]


async def test_response_with_a_secret_is_replayed_for_ten_minutes(bench: Bench) -> None:
    await bench.perform(bench.claim(), has_secret=True)
    bench.clock.advance(SECRETS_KEPT_FOR.total_seconds())
    assert (await bench.perform(bench.claim(), has_secret=True)).body == MINTED.body
    bench.clock.advance(1)
    with pytest.raises(IdempotencyConflict) as refused:
        await bench.perform(bench.claim(), has_secret=True)
    assert refused.value.rule == "idempotency_key.secret_expired"


async def test_response_with_a_secret_is_replayed_to_the_same_api_key_only(bench: Bench) -> None:
    await bench.perform(bench.claim(), has_secret=True)
    other = bench.caller(key_id=fresh_id())
    with pytest.raises(IdempotencyConflict) as refused:
        await bench.perform(bench.claim(caller=other), other, has_secret=True)
    assert refused.value.rule == "idempotency_key.secret_expired"


async def test_sealed_response_cannot_be_opened_in_another_record(bench: Bench, admin: Admin) -> None:
    """Otherwise it could be moved to the same key of another profile, and be shown to that profile's API key."""
    await bench.perform(bench.claim(), has_secret=True)
    of_profile = bench.caller(profile_id=bench.owner.profile_id)
    claim = bench.claim(caller=of_profile)
    await admin.do("UPDATE idempotency_keys SET profile_scope = $1", bench.owner.profile_id)
    with pytest.raises(Exception, match="does not open here"):
        await bench.perform(claim, of_profile, has_secret=True)


# Rotation


async def test_request_repeated_after_a_key_rotation_does_not_run_again(bench: Bench) -> None:
    """Keys are rotated at run time. A client that retries during a rotation must not post twice."""
    await bench.perform(bench.claim())
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    assert "Idempotency-Replayed" in (await bench.perform(bench.claim())).headers


async def test_response_with_a_secret_is_replayed_after_a_key_rotation(bench: Bench) -> None:
    await bench.perform(bench.claim(), has_secret=True)
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    again = await bench.perform(bench.claim(), has_secret=True)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (MINTED.body, "true")


async def test_another_request_is_rejected_after_a_key_rotation(bench: Bench) -> None:
    await bench.perform(bench.claim())
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    with pytest.raises(IdempotencyConflict):
        await bench.perform(bench.claim(request=b"POST /v1/api-keys {}"))


async def test_expired_record_of_an_old_key_does_not_block_a_request(bench: Bench) -> None:
    await bench.perform(bench.claim())
    bench.keys = {"k2": NEW_KEY, "k1": OLD_KEY}
    bench.clock.advance(KEPT_FOR.total_seconds() + 1)
    assert await bench.perform(bench.claim()) == MINTED
