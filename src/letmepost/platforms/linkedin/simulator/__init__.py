"""A simulator of LinkedIn: its consent page, its authorization server, its API, and its upload URLs.

It speaks the protocol of the fact sheet: versions that end, Rest.li's headers, little text that ends at the first
unescaped character, repeats that are refused as duplicates, and daily limits. It has no reactions or statistics. It is
as pure as a flow: the time and the randomness come with each call. It may import what platforms may, and this
platform's settings. It implements LinkedIn's limits and text counting separately, and imports no rules, counting or
flows, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    member/<id>  organization/<id>    the members, and the pages that they administer
    oauth/code/<code>  oauth/token/<token>   what was granted
    asset/<urn>  upload/<name>        media, and their upload URLs
    video/<urn>  part/<urn>/<index>   videos, and their parts, captions and thumbnails that have arrived
    post/<urn>  comment/<urn>         posts and comments;  same/<digest>: which post has this content
    quota/<day>/<member>/<resource>   requests of a day
    attempts/<member>  lost/<digest>  revoked/<member>   the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.simulator.consent import APP, CONSENT
from letmepost.platforms.linkedin.simulator.feed import posts
from letmepost.platforms.linkedin.simulator.members import list_profiles, rename_member
from letmepost.platforms.linkedin.simulator.router import answer
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator. Its app may have pages."""
    root = AnyHttpUrl(str(base).rstrip("/"))
    secret = SecretStr(APP.client_secret)
    return LinkedInSettings(client_id=APP.client_id, client_secret=secret, pages=True, api_url=root, web_url=root)


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=list_profiles,
    rename=rename_member,
    replace_token=replace_token,
    color="#0a66c2",
)
