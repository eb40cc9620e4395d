"""A stand-in for a Bluesky server, the PLC directory, a handle resolver and the public AppView, in one place.

It speaks the protocol of the fact sheet: sessions, repositories, blobs, rate limits and their refusals. There
is no OAuth, no video service and no DNS: videos are uploaded as blobs, and handles are resolved over XRPC. As
pure as a flow: the time and the randomness come with each call. It imports the
platform's settings, and neither its rules nor its counting nor its flows: it states the server's limits and counts in
its own way, so that the two check each other.

The state's keys, each holding a whole value that is only ever replaced:

    meta                              the secret that signs tokens
    account/<did>  handle/<handle>    who there is
    session/<did>/<jti>               refresh tokens
    record/<did>/<collection>/<rkey>  what was written;  head/<did>: the last commit
    blob/<did>/<cid>                  hash, type and size of what was uploaded
    limit/<bucket>/<did>              points used
    attempts/<did>  lost/<uri>  revoked/<did>   where a scenario stands
"""

from pydantic import AnyHttpUrl

from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.simulator.accounts import create_account
from letmepost.platforms.bluesky.simulator.appview import posts
from letmepost.platforms.bluesky.simulator.router import answer
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.contract import PlatformSettings, Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Every host is the simulator."""
    root = str(base).rstrip("/")
    return BlueskySettings(
        plc_url=AnyHttpUrl(f"{root}/plc"),
        resolver_url=AnyHttpUrl(root),
        entryway_url=AnyHttpUrl(root),
        app_url=AnyHttpUrl(root),
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=create_account,
    posts=posts,
    scenarios=tuple(SCENARIOS),
    settings=settings,
)
