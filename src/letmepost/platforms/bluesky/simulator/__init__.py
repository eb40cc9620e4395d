"""A simulator of a Bluesky server, the PLC directory, a handle resolver, the public AppView and the video service.

It speaks the protocol of the fact sheet: sessions, repositories, blobs, videos, rate limits and their refusals. It has
no OAuth and no DNS: handles are resolved over XRPC. It converts nothing: a processed video has the same bytes. It is as
pure as a flow: the time and the randomness come with each call. It imports the platform's settings, but not its rules,
counting or flows: it implements the server's limits and counting separately, so that the two check each other.

The state's keys, each with a value that is only ever replaced as a whole:

    meta                              the secret that signs tokens
    account/<did>  handle/<handle>    the accounts
    session/<did>/<jti>               refresh tokens
    record/<did>/<collection>/<rkey>  the records;  head/<did>: the last commit
    blob/<did>/<cid>                  the files that were uploaded
    job/<id>                          the videos that are processed;  videos/<did>: how many there were
    limit/<bucket>/<did>              points used
    attempts/<did>  lost/<uri>  revoked/<did>   the progress of a scenario
"""

from pydantic import AnyHttpUrl

from letmepost.platforms._kit.simulator.profiles import profiles_of
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.simulator.accounts import create_account, rename, replace_password
from letmepost.platforms.bluesky.simulator.appview import posts
from letmepost.platforms.bluesky.simulator.router import answer
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator."""
    root = str(base).rstrip("/")
    return BlueskySettings(
        plc_url=AnyHttpUrl(f"{root}/plc"),
        resolver_url=AnyHttpUrl(root),
        entryway_url=AnyHttpUrl(root),
        app_url=AnyHttpUrl(root),
        video_url=AnyHttpUrl(root),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("account", handle="handle"),
    rename=rename,
    replace_token=replace_password,
    color="#0285ff",
)
