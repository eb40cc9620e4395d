"""What calls use of the daily quotas of the project."""

import pytest

from letmepost.domain.costs import Cost
from letmepost.domain.flow import Call
from letmepost.platforms.youtube import PLATFORM
from letmepost.platforms.youtube.api import (
    delete_video,
    exchange_token,
    list_captions,
    list_comments,
    list_playlist,
    read_channel,
    read_video,
)
from letmepost.platforms.youtube.costs import costs
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.upload import Session, open_session
from tests.doubles.media import image, video
from tests.platforms.youtube.transcripts import SESSION, SETTINGS, VIDEO, ready

OPTIONS = YouTubeOptions.model_validate({"title": "a", "madeForKids": False})
PART = Session(url=SESSION, item=video(), settings=SETTINGS, check_time=lambda _now: None, is_new=True).last_part()
FULL = {
    "thumbnail": "med_1",
    "playlistId": "PL1",
    "captions": [{"language": "en", "text": "a"}, {"language": "de", "text": "a"}],
}


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        (open_session(SETTINGS, video(), OPTIONS, ""), Cost("uploads", 1)),
        (PART, None),
        (exchange_token(SETTINGS, {}), None),
        (read_channel(SETTINGS), Cost("units", 1)),
        (read_video(SETTINGS, VIDEO, "status"), Cost("units", 1)),
        (list_playlist(SETTINGS, "PL1"), Cost("units", 1)),
        (list_comments(SETTINGS, VIDEO), Cost("units", 1)),
        (list_captions(SETTINGS, VIDEO), Cost("units", 50)),
        (delete_video(SETTINGS, VIDEO), Cost("units", 50)),
    ],
)
def test_call_has_its_cost(call: Call, cost: Cost | None) -> None:
    assert costs(call) == cost


def test_publication_uses_one_upload_and_the_units_of_its_additions() -> None:
    assert PLATFORM.prices(ready(), SETTINGS) == {"uploads": 1}
    post = ready(options=FULL, option_media={"thumbnail": image()}, first_comment="more")
    assert PLATFORM.prices(post, SETTINGS) == {"uploads": 1, "units": 950}


def test_limits_of_a_day_come_from_the_settings() -> None:
    settings = SETTINGS.model_copy(update={"daily_uploads": 600})
    assert PLATFORM.daily_limits(settings) == {"uploads": 600, "units": 10_000}
