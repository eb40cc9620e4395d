"""A simulator of the Pinterest API and its consent page.

It speaks the protocol of the fact sheet: consent and tokens, boards and sections, videos, Pins, lists and refusals. It
fetches nothing, so only the URLs of images are checked. It is as pure as a flow: the time and the randomness come with
each call. It may import what platforms may, and this platform's settings. It implements Pinterest's limits separately,
and imports no rules or flows, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    meta/last_id                       the last id that was issued
    user/<id>  board/<id>  section/<id>  media/<id>  pin/<id>
    oauth/code/<code>  oauth/token/<token>      the users' consents
    attempts/<user>  revoked/<user>  lost/<name>        the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.pinterest.settings import PinterestSettings
from letmepost.platforms.pinterest.simulator.accounts import APP, CONSENT
from letmepost.platforms.pinterest.simulator.pins import posts
from letmepost.platforms.pinterest.simulator.router import answer
from letmepost.platforms.pinterest.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the app that it knows."""
    root = str(base).rstrip("/")
    return PinterestSettings(
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        app_access="standard",
        api_url=AnyHttpUrl(root),
        authorize_url=AnyHttpUrl(f"{root}/oauth/"),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("user", handle="username"),
    rename=rename_in("user", handle="username"),
    replace_token=replace_token,
    color="#e60023",
)
