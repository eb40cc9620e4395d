"""A simulator of TikTok: its consent page, its token endpoint, and the part of the API v2 that publishing needs.

It speaks the protocol of the fact sheet: creator info, direct posts and the inbox, uploads in parts, status, lists and
signed webhooks. It fetches nothing, so only the form of media URLs is checked, and a video is only measured. It is as
pure as a flow: the time and the randomness come with each call. It may import what platforms may, and this platform's
settings. It implements TikTok's limits separately, and imports no rules or flows, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    account/<open_id>  task/<publish_id>  upload/<id>  last_id     what exists
    oauth/code/<code>  oauth/token/<token>                         what was granted
    calls/<endpoint>/<token>                                       calls in the last minute
    attempts/<open_id>  lost/<name>  revoked/<open_id>             the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import Simulator
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.simulator.oauth import APP, CONSENT
from letmepost.platforms.tiktok.simulator.router import answer
from letmepost.platforms.tiktok.simulator.scenarios import SCENARIOS
from letmepost.platforms.tiktok.simulator.tasks import posts


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the audited app that it knows."""
    root = AnyHttpUrl(str(base).rstrip("/"))
    return TikTokSettings(
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        app_audited=True,
        media_url_prefix_verified=True,
        api_url=root,
        auth_url=root,
        upload_host_suffix=root.host or "",
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("account", handle="username"),
    rename=rename_in("account", handle="username"),
    replace_token=replace_token,
    color="#fe2c55",
)
