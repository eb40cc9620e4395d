"""A simulator of Example, from its fact sheet. It imports no rules, options or flows, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    account/<id>  image/<id>  post/<id>   what exists
    oauth/code/<code>  oauth/token/<token>   what was granted
    attempts/<account>  lost/<account>  revoked/<account>   the progress of a scenario
"""

from collections.abc import Collection

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.routes import answer_by
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import SimulatedCall, Simulator
from tests.platforms.minimal.example.settings import ExampleSettings
from tests.platforms.minimal.example.simulator import posts
from tests.platforms.minimal.example.simulator.accounts import APP, CONSENT, TOKENS, me
from tests.platforms.minimal.example.simulator.scenarios import SCENARIOS, ExampleError


def refuse_unknown(call: SimulatedCall, _methods: Collection[str]) -> ExampleError:
    """Return the refusal of a call that the API does not have."""
    return ExampleError(404, "not_found", f"There is no {call.method} {call.path}.")


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator."""
    return ExampleSettings(client_id=APP.client_id, client_secret=SecretStr(APP.client_secret), api_url=base)


SIMULATOR = Simulator(
    answer=answer_by(
        (
            ("GET", "/oauth/authorize", CONSENT.authorize),
            ("POST", "/oauth/token", TOKENS.token),
            ("GET", "/v1/me", me),
            ("POST", "/v1/images", posts.upload),
            ("POST", "/v1/posts", posts.create),
            ("GET", "/v1/accounts/([a-z0-9]+)/posts", posts.list_own),
            ("DELETE", "/v1/posts/([a-z0-9]+)", posts.delete),
        ),
        refuse_unknown,
    ),
    create_account=CONSENT.create_account,
    posts=posts.visible,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
)
