"""A simulator of the Threads API and its consent page.

It speaks the protocol of the fact sheet: consent and tokens, containers and their publishing, lists, quotas and
refusals. It fetches nothing, so only the URLs of media are checked. It is as pure as a flow: the time and the
randomness come with each call. It may import what platforms may, and this platform's settings. It implements Threads'
limits and text counting separately, and imports no rules, counting or flows, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    meta/last_id                       the last id that was issued
    person/<id>                        the accounts
    oauth/code/<code>  oauth/token/<token>      their consents
    container/<id>  post/<id>          containers and posts
    spent/<kind>/<person>              the times of what counts toward a day's quota
    attempts/<person>  revoked/<person>         the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import Simulator
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.simulator.consent import CONSENT
from letmepost.platforms.threads.simulator.router import answer
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS
from letmepost.platforms.threads.simulator.timeline import posts
from letmepost.platforms.threads.simulator.tokens import APP


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the app that it knows."""
    root = str(base).rstrip("/")
    return ThreadsSettings(
        location=True,
        share_to_instagram=True,
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        api_url=AnyHttpUrl(root),
        authorize_url=AnyHttpUrl(f"{root}/oauth/authorize"),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.page.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("person", handle="username"),
    rename=rename_in("person", handle="username"),
    replace_token=replace_token,
    color="#5c5c5c",
)
