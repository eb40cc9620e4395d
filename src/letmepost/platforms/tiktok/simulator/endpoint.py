"""What every endpoint of the API has: a token, scopes, a rate limit, and a function that responds.

Source: fact sheet section 5. A rate limit is counted by token and endpoint, in a window that slides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from letmepost.platforms._kit.simulator.oauth.grants import Token
from letmepost.platforms._kit.simulator.scenarios import is_first_response, withdraw_permission
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.tiktok.simulator.accounts import Account, get_account, scenario_of
from letmepost.platforms.tiktok.simulator.oauth import authenticate, check_scope
from letmepost.platforms.tiktok.simulator.scenarios import Scenario, rate_limit_exceeded
from letmepost.platforms.tiktok.simulator.wire import TikTokError

_WINDOW_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An authorized call."""

    state: State
    call: SimulatedCall
    token: Token
    account: Account

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of the account."""
        return scenario_of(self.account)

    @property
    def at(self) -> float:
        """Return the time of the call, in Unix seconds."""
        return self.call.now.timestamp()


Handle: TypeAlias = Callable[[Request], SimulatedReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint.

    Args:
        limit: how often a token may call it in a minute.
        scopes: the token must have one of these.
        connects: True if the endpoint is read once when an account is connected.
    """

    name: str
    handle: Handle
    limit: int
    scopes: tuple[str, ...]
    connects: bool = False

    def respond(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """Respond to a call.

        Raises:
            TikTokError: the call is refused.
        """
        token = self._authenticate(state, call)
        account = get_account(state, token["account_id"])
        request = Request(state=state, call=call, token=token, account=account)
        try:
            check_scope(token, *self.scopes)
            self._spend(request)
            return self.handle(request)
        except TikTokError as refusal:
            if request.scenario.reports_ok:
                raise TikTokError(200, refusal.code, refusal.message) from None
            raise

    def _authenticate(self, state: State, call: SimulatedCall) -> Token:
        """Return the token of a call. In the scenario `auth_revoked`, the permission ends after connecting."""
        token = authenticate(state, call)
        open_id = token["account_id"]
        if not scenario_of(get_account(state, open_id)).revoked:
            return token
        if not self.connects or not is_first_response(state, f"{self.name}/{open_id}"):
            withdraw_permission(state, open_id)
        return authenticate(state, call)

    def _spend(self, request: Request) -> None:
        if not request.scenario.is_metered:
            return
        key = f"calls/{self.name}/{bearer_token(request.call)}"
        recent = [at for at in request.state.get(key, []) if at > request.at - _WINDOW_S]
        if len(recent) >= self.limit:
            raise rate_limit_exceeded()
        request.state[key] = [*recent, request.at]
