"""A simulator of X: its consent page, its token endpoint, and the part of the API v2 that publishing needs.

It speaks the protocol of the fact sheet as a self-serve app sees it: quotes of strangers and replies to them are
refused. There are no prices. It is as pure as a flow: the time and the randomness come with each call. It
imports the platform's settings and list of top-level domains, but not its rules, counting or flows: it implements X's
limits and counting separately, so that the two check each other.

The state's keys, each with a value that is only ever replaced or deleted as a whole:

    account/<id>                               the accounts
    oauth/code/<code>  oauth/token/<token>     who may act for them
    media/<id>  segment/<id>/<index>           uploads and their segments
    post/<id>  last_id                         posts
    limit/<endpoint>/<account>                 calls in this window
    attempts/<account>  lost/<account>  revoked/<account>   the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import Simulator
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.simulator.oauth import APP, AUTHORIZE, CONSENT
from letmepost.platforms.twitter.simulator.posts import visible_posts
from letmepost.platforms.twitter.simulator.router import answer
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator."""
    root = str(base).rstrip("/")
    return TwitterSettings(
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        api_url=AnyHttpUrl(root),
        authorize_url=AnyHttpUrl(f"{root}{AUTHORIZE}"),
        web_url=AnyHttpUrl(root),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.create_account,
    posts=visible_posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("account", handle="username", name="name"),
    rename=rename_in("account", handle="username", name="name"),
    replace_token=replace_token,
    color="#536471",
)
