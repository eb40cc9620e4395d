"""YouTube, for the tests that every platform passes."""

from typing import Any

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.platforms.youtube import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Content, Ending, PlatformSuite

TITLE = "Grüße an 🎉"
TEXT = "Grüße an 🎉 https://example.org/a?b=1 (#Über & *so*)"


def film(text: str = TEXT, *, first_comment: str | None = None, **options: Any) -> Content:
    content = {"text": text, "media": (video(),), "options": {"title": TITLE, "madeForKids": False, **options}}
    return content if first_comment is None else {**content, "first_comment": first_comment}


def with_track(name: str) -> Content:
    return film(captions=[{"language": "en", "name": name, "text": "WEBVTT"}])


SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "text": film(),
        "video": film(
            "Moving",
            kind="short",
            privacy="unlisted",
            tags=["one", "two words"],
            categoryId="22",
            containsSyntheticMedia=True,
            notifySubscribers=False,
            captions=[{"language": "en", "text": "WEBVTT"}],
        ),
        "comment": {
            **film("Bare", first_comment="More (here): #tag", thumbnail="med_1"),
            "option_media": {"thumbnail": image()},
        },
    },
    endings={
        "unavailable": Ending(kind=FailureKind.UNAVAILABLE),
        "flaky": Ending(kind=FailureKind.UNAVAILABLE),
        "duplicate": Ending(example="video"),
        "rejected_later": Ending(example="video"),
        "processing_failed": Ending(example="video"),
        "processing_forever": Ending(),
        "interrupted": Ending(kind=FailureKind.IN_DOUBT),
        "short_parts": Ending(),
        "moved_upload": Ending(),
        "expired_upload": Ending(kind=FailureKind.IN_DOUBT),
        "expired_after_publish": Ending(kind=FailureKind.IN_DOUBT),
        "lagging": Ending(),
        "private_only": Ending(example="video"),
        "no_thumbnails": Ending(),
        "comments_disabled": Ending(example="video"),
        "no_long_uploads": Ending(),
        "daily_uploads": Ending(
            kind=FailureKind.QUOTA_EXHAUSTED,
            rule="youtube.quota.uploads",
            scope=LimitScope.APP,
        ),
        "daily_units": Ending(example="video"),
        "upload_limit": Ending(kind=FailureKind.QUOTA_EXHAUSTED, rule="youtube.quota.channel", has_retry_time=True),
        "testing_app": Ending(),
        "no_channel": Ending(status=None, kind=FailureKind.AUTH_FAILED),
    },
    texts={
        "title": lambda text: film(title=text),
        "description": film,
        "tag": lambda text: film(tags=[text]),
        "first comment": lambda text: film(first_comment=text),
        "name of captions": with_track,
    },
    words=("<", ">", "a b ", "\n", ","),
    broken={
        "youtube.title.characters": film(title="I <3 you"),
        "youtube.text.characters": film("a > b"),
        "youtube.tags.characters": film(tags=["<"]),
    },
    options_elsewhere={
        "playlistId": "it needs a playlist that exists",
        "publishAt": "followers see the video later",
    },
    unjudged={
        "youtube.tags.separators": "YouTube accepts such a tag, and shows several or a broken one",
        "youtube.media.count_max": "an upload has one video",
        "youtube.media.video_size_max": "256 GiB are too much for a test",
        "youtube.thumbnail.size_max": "50 MiB are too much for a test",
        "youtube.media.video_duration_max": "the simulator does not inspect videos",
        "youtube.media.video_long_uploads": "the simulator does not inspect videos",
        "youtube.short.duration_max": "YouTube accepts the video, and does not show it as a Short",
        "youtube.short.aspect_ratio_max": "YouTube accepts the video, and does not show it as a Short",
    },
)
