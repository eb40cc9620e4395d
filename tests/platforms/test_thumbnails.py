"""Thumbnails of media items, on every platform: what is sent, and what is rejected."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from letmepost.domain.content import MediaItem, OnUnsupported, PostContent
from letmepost.domain.flow import Warn
from letmepost.domain.rules import preflight
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from tests.doubles.media import image, video
from tests.doubles.targets import CONFIRMED, on
from tests.doubles.worker import Worker

SIZE_BYTES = 1_234
THUMBNAIL = image(7, size_bytes=SIZE_BYTES)
WIDE = video(width_px=1920, height_px=1080, size_bytes=80_000)
TALL = video(size_bytes=80_000)
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "youtube": {"title": "A title", "madeForKids": False},
}
WITHOUT_THUMBNAILS = {"bluesky", "threads", "tiktok", "twitter"}
COVERS = {
    ("instagram", "coverUrl"): "https://example.com/cover.jpg",
    ("pinterest", "coverImage"): "https://example.com/cover.jpg",
    ("pinterest", "coverTimeS"): 2,
    ("youtube", "thumbnail"): "med_1",
}

each_platform = pytest.mark.parametrize("platform", discover().values(), ids=discover())


def content(platform: Platform, item: MediaItem, **fields: Any) -> PostContent:
    return PostContent(text="moving", media=(item,), options=OPTIONS.get(platform.name, {}), **fields)


def broken(platform: Platform, post: PostContent) -> list[tuple[str, str]]:
    found = preflight(on(platform, post, CONFIRMED), platform.rules).violations
    return [(one.rule.removeprefix(f"{platform.name}."), one.field) for one in found if "thumbnail" in one.field]


def published(platform: str, item: MediaItem, **fields: Any) -> Worker:
    worker = Worker(platform=discover()[platform])
    worker.publish(worker.connect(), "moving", media=(item,), options=OPTIONS.get(platform, {}), **fields)
    return worker


def warnings(worker: Worker) -> list[str]:
    return [one.code for one in worker.announced if isinstance(one, Warn)]


@each_platform
def test_thumbnail_of_an_image_is_rejected(platform: Platform) -> None:
    post = content(platform, replace(image(), thumbnail=THUMBNAIL))
    assert broken(platform, post) == [("media.thumbnail_supported", "media[0].thumbnail")]


@each_platform
def test_thumbnail_of_a_video_is_rejected_only_where_it_is_not_supported(platform: Platform) -> None:
    rejected = [("media.thumbnail_supported", "media[0].thumbnail")] if platform.name in WITHOUT_THUMBNAILS else []
    assert broken(platform, content(platform, replace(WIDE, thumbnail=THUMBNAIL))) == rejected


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_thumbnail_of_a_story_is_rejected(platform: str) -> None:
    post = PostContent(media=(replace(TALL, thumbnail=THUMBNAIL),), options={"kind": "story"})
    assert broken(discover()[platform], post) == [("media.thumbnail_supported", "media[0].thumbnail")]


@each_platform
def test_unsupported_thumbnail_is_omitted_on_request(platform: Platform) -> None:
    post = content(platform, replace(image(), thumbnail=THUMBNAIL), on_unsupported=OnUnsupported.OMIT)
    checked = preflight(on(platform, post, CONFIRMED), platform.rules)
    fields = [one.field for one in checked.warnings]
    # On platforms without images, the whole media item is omitted.
    assert fields == ["media[0].thumbnail"] or "media[0]" in fields
    assert all(item.thumbnail is None for item in checked.content.media)


@each_platform
def test_thumbnail_that_is_not_an_accepted_image_is_rejected(platform: Platform) -> None:
    if platform.name not in WITHOUT_THUMBNAILS:
        wrong = replace(THUMBNAIL, facts=video().facts)
        [(rule, field)] = broken(platform, content(platform, replace(WIDE, thumbnail=wrong)))
        assert rule.endswith("mime_allowed")
        assert field == "media[0].thumbnail"


@pytest.mark.parametrize(("platform", "name"), COVERS)
def test_thumbnail_and_another_cover_are_rejected(platform: str, name: str) -> None:
    owner, item = discover()[platform], replace(TALL, thumbnail=THUMBNAIL)
    post = content(owner, item)
    post = replace(post, options={**post.options, name: COVERS[platform, name]})
    found = {one.rule: one.field for one in preflight(on(owner, post, CONFIRMED), owner.rules).violations}
    assert f"options.{name}" in [field for rule, field in found.items() if rule.endswith(".exclusive")]


@pytest.mark.parametrize(
    ("platform", "item"), [("facebook", WIDE), ("facebook", TALL), ("linkedin", TALL), ("mastodon", TALL)]
)
def test_thumbnail_arrives_with_the_video(platform: str, item: MediaItem) -> None:
    worker = published(platform, replace(item, thumbnail=THUMBNAIL))
    [seen] = worker.posts()
    assert seen.record["thumbnail"]["sizeBytes"] == SIZE_BYTES
    assert warnings(worker) == []


def test_thumbnail_of_the_media_item_is_that_of_the_youtube_video() -> None:
    worker = published("youtube", replace(TALL, thumbnail=THUMBNAIL))
    [seen] = worker.posts()
    assert seen.record["thumbnail"] is True
    assert [call.media_bytes for call in worker.calls if call.url.endswith("/thumbnails/set")] == [SIZE_BYTES]


def test_thumbnail_on_youtube_costs_units() -> None:
    platform = discover()["youtube"]
    worker = Worker(platform=platform)
    assert platform.prices is not None
    post = worker.ready(worker.connect(), media=(replace(TALL, thumbnail=THUMBNAIL),), options=OPTIONS["youtube"])
    assert platform.prices(post, worker.settings) == {"uploads": 1, "units": 50}


def test_cover_of_a_pin_is_the_url_of_the_thumbnail() -> None:
    worker = published("pinterest", replace(TALL, thumbnail=THUMBNAIL))
    [source] = [call.json["media_source"] for call in worker.calls if call.json and "media_source" in call.json]
    assert source["cover_image_url"] == "https://media.example.com/media/7"


def test_cover_of_a_reel_on_instagram_is_the_url_of_the_thumbnail() -> None:
    worker = published("instagram", replace(TALL, thumbnail=THUMBNAIL))
    covers = [call.form["cover_url"] for call in worker.calls if call.form and "cover_url" in call.form]
    assert covers == ["https://media.example.com/media/7"]


def test_thumbnail_that_facebook_refuses_is_a_warning() -> None:
    worker = published("facebook", replace(WIDE, thumbnail=image(7, content_type="image/gif")))
    assert worker.visible() == ["moving"]
    assert warnings(worker) == ["facebook.thumbnail.refused"]
