"""A stand-in for the Threads API and for the page on which a person consents.

It speaks the protocol of the fact sheet: consent and tokens, containers and their publishing, lists, quotas and their
refusals. It fetches nothing, so that of media only the address is judged. As pure as a flow: the time and the
randomness come with each call. May import what platforms may, and this platform's settings. It states Threads' limits
and counts text in its own code, and imports no rules, counting or flows, so that the two check each other.

The state's keys, each holding a whole value that is only ever replaced:

    meta/last_id                       the last id that was given out
    person/<id>  code/<code>  token/<token>     who there is, and what they have consented to
    container/<id>  post/<id>          what was prepared, and what followers see
    spent/<kind>/<person>              when what a day's quota counts was done
    attempts/<person>  revoked/<person>         where a scenario stands
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms.contract import PlatformSettings, Simulator
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.simulator.people import CLIENT_ID, CLIENT_SECRET, create_account
from letmepost.platforms.threads.simulator.router import answer
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS
from letmepost.platforms.threads.simulator.timeline import posts


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Every host is the simulator, and the app is one that it knows."""
    root = str(base).rstrip("/")
    return ThreadsSettings(
        client_id=CLIENT_ID,
        client_secret=SecretStr(CLIENT_SECRET),
        api_url=AnyHttpUrl(root),
        authorize_url=AnyHttpUrl(f"{root}/oauth/authorize"),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=posts,
    scenarios=tuple(SCENARIOS),
    settings=settings,
)
