"""Videos that some platforms do not accept: each is rejected by a named rule, or published."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from letmepost.domain.content import MediaKind
from letmepost.domain.sizes import GIB
from tests.doubles.worker import Worker
from tests.platforms.suite.description import Content, PlatformSuite, texts_of
from tests.platforms.suite.suites import SUITES

UNUSUAL: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "0 frames/s": {"frame_rate": 0.0},
        "variable frame rate": {"frame_rate": 29.4, "has_variable_frame_rate": True},
        "no sound": {"audio_channels": 0},
        "10-bit HEVC": {
            "codec": "hevc",
            "codec_profile": "Main 10",
            "pixel_format": "yuv420p10le",
            "bit_depth": 10,
            "dynamic_range": "hlg",
        },
        "more than 4 GiB": {"size_bytes": 4 * GIB + 1},
    }
)


def video_of(suite: PlatformSuite) -> Content | None:
    """Return an example with one video and nothing else; None if the platform has no videos."""
    return next(
        (
            content
            for content in suite.posts().values()
            if [item.kind for item in content.get("media", ())] == [MediaKind.VIDEO]
        ),
        None,
    )


_VIDEOS = {name: (suite, content) for name, suite in SUITES.items() if (content := video_of(suite)) is not None}
each_unusual_video = pytest.mark.parametrize(
    ("suite", "content", "unusual"),
    [
        pytest.param(suite, content, unusual, id=f"{name}-{unusual}")
        for name, (suite, content) in _VIDEOS.items()
        for unusual in UNUSUAL
    ],
)


@each_unusual_video
def test_unusual_video_is_rejected_by_its_rule_or_published(
    suite: PlatformSuite, content: Content, unusual: str
) -> None:
    [item] = content["media"]
    facts = replace(item.facts, **UNUSUAL[unusual])
    content = {**content, "media": (replace(item, facts=facts),)}
    refused_by = suite.refused_videos.get(unusual)
    assert suite.rules_broken_by(content) == ({refused_by} if refused_by else set())
    if refused_by or facts.size_bytes > item.facts.size_bytes:
        return  # an upload of 4 GiB takes minutes
    worker = Worker(platform=suite.platform)
    worker.connect()
    assert worker.work(worker.ready(worker.account, **content)) == "published"
    worker.advance(hours=1)
    assert [post.text for post in worker.posts()] == texts_of(content)


def test_every_refusal_is_of_an_unusual_video() -> None:
    assert all(UNUSUAL.keys() >= suite.refused_videos.keys() for suite in SUITES.values())
