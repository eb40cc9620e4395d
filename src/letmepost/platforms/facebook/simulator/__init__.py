"""A simulator of the Graph API for Pages, and of the dialog of Facebook Login.

It speaks the protocol of the fact sheet: consent, Pages and their tokens, texts, links, photos, videos, reels, stories,
comments, lists and refusals. It fetches nothing, so of photos only the URLs are checked; of videos, the size and the
checksum are shown. It is as pure as a flow: the time and the
randomness come with each call. It states Facebook's limits itself, and imports no rules or flows, so that the two check
each other.

The state's keys, besides those of `_meta.simulator`, each with a value that is only ever replaced as a whole:

    photo/<id>  video/<id>  post/<id>  comment/<id>      what Pages have published, and staged photos and videos
    video_session/<session>            the id of the video of an upload to the feed
    attempts/<user>  revoked/<user>  lost/<post>  first_upload/<page>      the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms._meta.simulator.rupload import UPLOAD_HOST
from letmepost.platforms._meta.simulator.tokens import replace_page_token
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
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        api_url=base,
        video_url=base,
        upload_url=AnyHttpUrl(f"{str(base).rstrip('/')}/{UPLOAD_HOST}"),
        web_url=base,
    )


SIMULATOR = Simulator(
    answer=answer,
    create_account=LOGIN.consent.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("page", handle="username", name="name"),
    rename=rename_in("page", handle="username", name="name"),
    replace_token=replace_page_token,
    color="#0866ff",
)
