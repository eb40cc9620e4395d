"""A simulator of YouTube: Google's consent page and tokens, the YouTube Data API v3, and resumable uploads.

It speaks the protocol of the fact sheet. The bytes of a video are not inspected: only their number and checksum count.
It is as pure as a flow: the time and the randomness come with each call. It may import what platforms may, and this
platform's settings. It implements YouTube's limits separately, and imports no rules or flows, so that the two check
each other.

The state's keys, each with a value that is only ever replaced as a whole:

    meta/last                          the last number of the sequence that all objects share
    channel/<id>  video/<id>  playlist/<id>  item/<id>  thread/<id>  caption/<id>
    upload/<id>  moved/<id>            upload sessions, and their former URLs
    quota/<date>                       what the project has spent on a day, by bucket
    oauth/code/<code>  oauth/token/<token>  online/<code>       the users' consents
    attempts/<channel>  revoked/<channel>  lost/<name>          the progress of a scenario
"""

from datetime import UTC, datetime

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.files import as_media, shown
from letmepost.platforms._kit.simulator.oauth.grants import replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import SimulatedPost, Simulator, State
from letmepost.platforms.youtube.settings import YouTubeSettings
from letmepost.platforms.youtube.simulator.comments import all_comments
from letmepost.platforms.youtube.simulator.oauth import APP, CONSENT
from letmepost.platforms.youtube.simulator.router import answer
from letmepost.platforms.youtube.simulator.scenarios import SCENARIOS
from letmepost.platforms.youtube.simulator.videos import all_videos


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the app that it knows."""
    root = AnyHttpUrl(str(base).rstrip("/"))
    return YouTubeSettings(
        client_id=APP.client_id,
        client_secret=SecretStr(APP.client_secret),
        api_url=root,
        upload_url=root,
        auth_url=root,
        token_url=root,
    )


def posts(state: State) -> list[SimulatedPost]:
    """Return every video and every comment, in the order in which they were created. Private videos are included."""
    numbered = [
        (
            video["number"],
            SimulatedPost(
                uri=video["id"],
                account_id=video["channel"],
                text=video["given"]["snippet"].get("description", ""),
                created_at=_iso(video["made_at"]),
                media=[
                    as_media("video", video["file"], video["given"]["snippet"].get("title")),
                ],
                record={**video["given"], "video": shown(video["file"]), "thumbnail": video["has_thumbnail"]},
            ),
        )
        for video in all_videos(state)
    ] + [
        (
            thread["number"],
            SimulatedPost(
                uri=thread["id"],
                account_id=thread["channel"],
                text=thread["text"],
                created_at=_iso(thread["made_at"]),
                reply_to=thread["video"],
            ),
        )
        for thread in all_comments(state)
    ]
    return [post for _, post in sorted(numbered, key=lambda pair: pair[0])]


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


SIMULATOR = Simulator(
    answer=answer,
    create_account=CONSENT.create_account,
    posts=posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("channel", name="title"),
    rename=rename_in("channel", name="title"),
    replace_token=replace_token,
    color="#ff0000",
)
