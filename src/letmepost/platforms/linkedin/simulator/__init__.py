"""A stand-in for LinkedIn: its consent page, its authorization server, its API, and where media are sent.

It speaks the protocol of the fact sheet: versions that end, Rest.li's headers, little text that ends at the first
unescaped character, repeats that are refused as duplicates, and daily limits. There are no videos, no reactions, no
statistics. As pure as a flow: the time and the randomness come with each call. May import what platforms may, and this
platform's settings. It states LinkedIn's limits and counts text in its own code, and imports no rules, counting or
flows, so that the two check each other.

The state's keys, each holding a whole value that is only ever replaced:

    member/<id>  organization/<id>    who there is, and what they administer
    code/<code>  token/<token>  refresh/<token>   what was granted
    asset/<urn>  upload/<name>        media, and the addresses that they are sent to
    post/<urn>  comment/<urn>         what was published;  same/<digest>: which post has this content
    quota/<day>/<member>/<resource>   requests of a day
    attempts/<member>  lost/<digest>  where a scenario stands
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms.contract import PlatformSettings, Simulator
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.simulator.consent import CLIENT_ID, CLIENT_SECRET, create_account
from letmepost.platforms.linkedin.simulator.feed import posts
from letmepost.platforms.linkedin.simulator.router import answer
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Every host is the simulator, and its app may have pages."""
    root = AnyHttpUrl(str(base).rstrip("/"))
    secret = SecretStr(CLIENT_SECRET)
    return LinkedInSettings(client_id=CLIENT_ID, client_secret=secret, pages=True, api_url=root, web_url=root)


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=posts,
    scenarios=tuple(SCENARIOS),
    settings=settings,
)
