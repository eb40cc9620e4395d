"""A simulator of one Mastodon server and its consent page.

It is written from https://docs.joinmastodon.org and from the validators of https://github.com/mastodon/mastodon
(checked 2026-11-29), and is as pure as a flow: the time and the randomness come with each call. It may import what
platforms may, and this platform's settings. It implements Mastodon's limits and text counting separately, and imports
no rules, counting or flows, so that the two check each other. It has no other accounts' actions, no edits, no scheduled
statuses, and no codes that people copy.

The state's keys, each with a value that is only ever replaced as a whole:

    meta/last_id                          the last id that was issued
    app/<client id>                       the registered apps
    oauth/code/<code>  oauth/token/<token>      their consents
    account/<id>  media/<id>  status/<id>  idempotency/<account>/<key>
    limit/<name>/<authorization>          the requests in a window
    attempts/<account>  revoked/<account>       the progress of a scenario
"""

from pydantic import AnyHttpUrl

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.mastodon.settings import MastodonSettings
from letmepost.platforms.mastodon.simulator.oauth import create_account
from letmepost.platforms.mastodon.simulator.router import answer
from letmepost.platforms.mastodon.simulator.scenarios import SCENARIOS
from letmepost.platforms.mastodon.simulator.statuses import posts
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings with which every server's name leads to the simulator."""
    return MastodonSettings(server_url=str(base).rstrip("/"))


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("account", handle="username"),
    rename=rename_in("account", handle="username"),
    replace_token=replace_token,
    color="#6364ff",
)
