"""A simulator of the Graph API for Pages, and of the dialog of Facebook Login.

It speaks the protocol of the fact sheet: consent, Pages and their tokens, texts, links, photos, stories, comments,
lists and refusals. It fetches nothing, so of media only the URLs are checked. It is as pure as a flow: the time and the
randomness come with each call. It states Facebook's limits itself, and imports no rules or flows, so that the two check
each other.

The state's keys, besides those of `_meta.simulator`, each with a value that is only ever replaced as a whole:

    photo/<id>  post/<id>  comment/<id>         what Pages have published, and staged photos
    attempts/<user>  revoked/<user>  lost/<post>         the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.simulator.consent import APP, LOGIN
from letmepost.platforms.facebook.simulator.feed import posts
from letmepost.platforms.facebook.simulator.router import answer
from letmepost.platforms.facebook.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the app that it knows."""
    return FacebookSettings(
        client_id=APP.client_id, client_secret=SecretStr(APP.client_secret), api_url=base, web_url=base
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=LOGIN.consent.create_account,
    posts=posts,
    scenarios=tuple(SCENARIOS),
    settings=settings,
)
