"""Photos: staged or published immediately, by URL or as a file.

Source: fact sheet sections F2.2, F2.3 and F4, after https://developers.facebook.com/docs/graph-api/reference/page/photos,
checked 2026-11-28.
"""

from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import Stored, StoredFile, append_part, no_bytes
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, file_of, wrong_parameter
from letmepost.platforms._meta.simulator.people import Page, next_id
from letmepost.platforms.facebook.simulator.scenarios import Scenario
from letmepost.platforms.simulation import SimulatedCall, State

LIFETIME_S = 86_400.0
_MAX_BYTES = 10_000_000
_ALT_TEXT_MAX = 1000
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


class Photo(TypedDict):
    """A photo. `post` is the id of the post or story that shows it; None while it is staged.

    `file` is missing if the server fetches the photo.
    """

    id: str
    page: str
    url: str
    alt_text: str
    made_at: float
    post: str | None
    file: NotRequired[StoredFile]


def make(state: State, call: SimulatedCall, page: Page, scenario: Scenario) -> tuple[Photo, Stored]:
    """Check the parameters of a photo, store it, and return it with the changes of stored bytes for the reply."""
    given, file = Parameters.of(call), file_of(call)
    url = given.get("url")
    if file is None and url is None:
        raise Refused("(#324) Requires upload file", code=324)
    if file is not None and (len(file) > _MAX_BYTES or not file.startswith(_STARTS)):
        message = "Your photos couldn't be uploaded. They should be less than 4 MB and saved as JPG, PNG, GIF or TIFF"
        raise Refused(message, code=1366046, subcode=1366046)
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc):
        raise Refused("Invalid URL", code=100, subcode=2061006)
    if scenario.photos_never_ready:
        raise Refused("The photo is not ready", code=2, status=500, is_transient=True)
    alt_text = given.get("alt_text_custom") or ""
    if len(alt_text) > _ALT_TEXT_MAX:
        raise wrong_parameter(f"(#100) Param alt_text_custom must be at most {_ALT_TEXT_MAX} characters long.")
    photo_id = next_id(state)
    photo = Photo(
        id=photo_id,
        page=page["id"],
        url=url or "(file)",
        alt_text=alt_text,
        made_at=call.now.timestamp(),
        post=None,
    )
    stored: Stored = {}
    if file is not None:
        photo["file"], stored = append_part(no_bytes(), Received.of(file), f"photo/{photo_id}")
    state[f"photo/{photo_id}"] = photo
    return photo, stored


def staged(state: State, photo_id: str, page: Page, call: SimulatedCall) -> Photo:
    """Return a photo of the Page that no post shows yet."""
    photo: Photo | None = state.get(f"photo/{photo_id}")
    if photo is None or photo["page"] != page["id"]:
        raise wrong_parameter(f"(#100) The photo {photo_id} does not exist, or belongs to another Page.")
    if photo["post"] is not None:
        raise Refused("These photos were already posted.", code=1, subcode=1366051)
    if call.now.timestamp() - photo["made_at"] > LIFETIME_S:
        raise wrong_parameter(f"(#100) The photo {photo_id} has expired.")
    return photo


def show_in(state: State, photo: Photo, post_id: str) -> None:
    """Record that a post shows a photo."""
    state[f"photo/{photo['id']}"] = {**photo, "post": post_id}
