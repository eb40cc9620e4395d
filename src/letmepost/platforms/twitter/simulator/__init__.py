"""A stand-in for X: its consent page, its token endpoint, and the API v2 as far as publishing needs it.

It speaks the protocol of the fact sheet, as a self-serve app meets it: quotes and replies to strangers are refused.
There are no videos and no prices. As pure as a flow: the time and the randomness come with each call. It
imports the platform's settings and list of top-level domains, and neither its rules nor its counting nor its flows:
it states X's limits and counts in its own way, so that the two check each other.

The state's keys, each holding a whole value that is only ever replaced or deleted:

    account/<id>  code/<code>  token/<token>   who there is, and who may act for them
    media/<id>  post/<id>  last_id             what was uploaded and published
    limit/<endpoint>/<account>                 calls in this window
    attempts/<account>  lost/<account>  withdrawn/<account>   where a scenario stands
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms.contract import PlatformSettings, Simulator
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.simulator.accounts import create_account
from letmepost.platforms.twitter.simulator.consent import AUTHORIZE
from letmepost.platforms.twitter.simulator.credentials import CLIENT_ID, CLIENT_SECRET
from letmepost.platforms.twitter.simulator.posts import visible_posts
from letmepost.platforms.twitter.simulator.router import answer
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Every host is the simulator."""
    root = str(base).rstrip("/")
    return TwitterSettings(
        client_id=CLIENT_ID,
        client_secret=SecretStr(CLIENT_SECRET),
        api_url=AnyHttpUrl(root),
        authorize_url=AnyHttpUrl(f"{root}{AUTHORIZE}"),
        web_url=AnyHttpUrl(root),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=visible_posts,
    scenarios=tuple(SCENARIOS),
    settings=settings,
)
