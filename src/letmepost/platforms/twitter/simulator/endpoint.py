"""What every endpoint of the API has: the required scopes, a rate limit, and a function that responds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.twitter.simulator import limits
from letmepost.platforms.twitter.simulator.accounts import Account
from letmepost.platforms.twitter.simulator.oauth import authenticate
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.twitter.simulator.wire import RefusedError, forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An authorized call. `target` is the id in its path, if there is one."""

    state: State
    call: SimulatedCall
    account: Account
    target: str

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of the account."""
        return SCENARIOS[self.account["scenario"]]

    def refuse_attempt(self, *, is_upload: bool) -> None:
        """Count a post or an upload, and raise the scenario's refusal of it."""
        refuse_attempt(
            self.state, self.account["id"], self.scenario, self.call.now, shows_post=not is_upload, is_upload=is_upload
        )


Handle: TypeAlias = Callable[[Request], SimulatedReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint. `limit` is how often an account may call it in 15 minutes; `is_slow` if scenarios delay it."""

    name: str
    handle: Handle
    limit: int
    scopes: frozenset[str]
    is_slow: bool = False

    def respond(self, state: State, call: SimulatedCall, target: str = "") -> SimulatedReply:
        """Respond to a call.

        Raises:
            RefusedError: 401 or 429, before it is known who calls, or because of how often.
        """
        account, scopes = authenticate(state, call)
        headers = limits.spend(state, self.name, account["id"], self.limit, call.now)
        request = Request(state=state, call=call, account=account, target=target)
        try:
            if not self.scopes <= scopes:
                raise forbidden()
            reply = self.handle(request)
        except RefusedError as refusal:
            reply = refusal.reply()
        else:
            reply = replace(reply, delay_s=request.scenario.delay_s if self.is_slow else 0.0)
        return replace(reply, headers={**headers, **reply.headers})
