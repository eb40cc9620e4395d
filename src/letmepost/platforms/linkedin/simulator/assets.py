"""Media: their upload URLs, and whether they are ready to be shown.

Source: fact sheet sections 2.3, 2.5 and 4. The bytes of small images are kept for the pages of posts. They cannot be
downloaded by the protocol.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NotRequired, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, append_part, no_bytes, without_bytes
from letmepost.platforms._kit.simulator.oauth.grants import Token
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms.linkedin.simulator.members import find_member, pages, person, scenario_of
from letmepost.platforms.linkedin.simulator.quotas import spend
from letmepost.platforms.linkedin.simulator.restli import RestliError, denied, digits, json_body, not_found, success
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS
from letmepost.platforms.linkedin.simulator.tokens import authenticate
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

UPLOAD_LIFETIME = timedelta(hours=12)
DOCUMENT_PROCESSING = timedelta(seconds=3)

_NOUNS = {"images": "image", "documents": "document"}
_STARTS = {
    "image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"),
    "document": (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
}


class Asset(TypedDict):
    """A media item. `ready_at` (Unix seconds) is None until it is uploaded; `is_bad` if its bytes cannot be used.

    `file` is missing before, and in a video.
    """

    noun: str
    owner: str
    ready_at: float | None
    is_bad: bool
    file: NotRequired[StoredFile]


class UploadUrl(TypedDict):
    """The address of an upload. `part` is the number of a part of a video, or its name; None for a whole file."""

    urn: str
    expires_at: float
    scenario: str
    part: int | str | None


def authors(state: State, token: Token) -> set[str]:
    """Return whom a token may act as: the member, and with the required scope the pages that they administer."""
    member = find_member(state, token["account_id"])
    is_for_pages = "w_organization_social" in token["scopes"]
    return {person(member), *(pages(member) if is_for_pages else ())}


def begin_upload(state: State, call: SimulatedCall, resource: str) -> SimulatedReply:
    """`POST /rest/images?action=initializeUpload`, and the same for documents."""
    if dict(call.query).get("action") != "initializeUpload":
        raise RestliError(400, "ILLEGAL_ARGUMENT", "Unknown action")
    token, request = authorize_upload(state, call, resource)
    noun = _NOUNS[resource]
    urn = f"urn:li:{noun}:D4E{digits(call.entropy, 'upload')}"
    state[f"asset/{urn}"] = Asset(noun=noun, owner=request["owner"], ready_at=None, is_bad=False)
    expires_at = upload_ends_at(state, call, token)
    url = make_url(state, call, token, urn, expires_at)
    return success({"value": {"uploadUrlExpiresAt": int(expires_at * 1000), "uploadUrl": url, noun: urn}})


def authorize_upload(state: State, call: SimulatedCall, resource: str) -> tuple[Token, Mapping[str, Any]]:
    """Return the token and the request of a call that begins an upload for an author that the token may act as."""
    token = authenticate(state, call, "w_member_social", "w_organization_social")
    spend(state, call, token["account_id"], resource)
    scenario = scenario_of(state, token["account_id"])
    refuse_attempt(state, token["account_id"], scenario, call.now, shows_post=False, is_upload=True)
    request = json_body(call).get("initializeUploadRequest")
    if not isinstance(request, dict) or request.get("owner") not in authors(state, token):
        raise denied(f"POST /{resource}")
    return token, request


def upload_ends_at(state: State, call: SimulatedCall, token: Token) -> float:
    """Return when the URLs of a new upload expire, in Unix seconds."""
    member_id = token["account_id"]
    is_over = scenario_of(state, member_id).expires_first_upload and is_first_response(state, f"upload/{member_id}")
    return (call.now + (timedelta() if is_over else UPLOAD_LIFETIME)).timestamp()


def make_url(
    state: State, call: SimulatedCall, token: Token, urn: str, expires_at: float, part: int | str | None = None
) -> str:
    """Return a new upload URL."""
    name, scenario = digits(call.entropy, f"upload {part}"), find_member(state, token["account_id"])["scenario"]
    state[f"upload/{name}"] = UploadUrl(urn=urn, expires_at=expires_at, scenario=scenario, part=part)
    return f"{call.root}/dms-uploads/{name}"


def open_upload(state: State, call: SimulatedCall, name: str) -> UploadUrl:
    """Return an upload URL that can receive bytes. It identifies the upload with or without a token."""
    upload: UploadUrl | None = state.get(f"upload/{name}")
    if upload is None:
        raise not_found()
    if call.now.timestamp() >= upload["expires_at"]:
        raise RestliError(400, "EXPIRED_UPLOAD_URL", "The upload URL has expired")
    return upload


def take_bytes(state: State, call: SimulatedCall, upload: UploadUrl) -> SimulatedReply:
    """`PUT` of an image or a document."""
    key = f"asset/{upload['urn']}"
    asset: Asset = state[key]
    takes = DOCUMENT_PROCESSING if asset["noun"] == "document" else timedelta()
    never = SCENARIOS[upload["scenario"]].never_ready
    ready_at = (call.now + (timedelta(days=36_500) if never else takes)).timestamp()
    is_bad = not call.received.first.startswith(_STARTS[asset["noun"]])
    is_kept = asset["noun"] == "image"
    file, stored = append_part(no_bytes(), call.received, key) if is_kept else (without_bytes(call.received), {})
    state[key] = Asset(noun=asset["noun"], owner=asset["owner"], ready_at=ready_at, is_bad=is_bad, file=file)
    return replace(success(status=201), stored=stored)


def read_asset(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`GET /rest/images/{urn}`, and the same for documents: only for apps that may read pages' posts."""
    authenticate(state, call, "r_organization_social")
    asset: Asset | None = state.get(f"asset/{urn}")
    if asset is None:
        raise not_found()
    return success({"id": urn, "owner": asset["owner"], "status": status_of(asset, call)})


def check_asset(state: State, call: SimulatedCall, urn: str, author: str) -> None:
    """Raise if a media item is missing, not the author's, or not ready."""
    asset: Asset | None = state.get(f"asset/{urn}")
    if asset is None:
        raise RestliError(422, "UNPROCESSABLE_ENTITY", f"{urn} does not exist", inner="INVALID_URN_ID")
    if asset["owner"] != author:
        raise denied("POST /posts: the media item belongs to another author")
    status = status_of(asset, call)
    if status == "PROCESSING_FAILED":
        raise RestliError(400, "MEDIA_ASSET_PROCESSING_FAILED", f"{urn} failed to process")
    if status != "AVAILABLE":
        raise RestliError(400, "MEDIA_ASSET_WAITING_UPLOAD", f"{urn} is {status}")


def status_of(asset: Asset, call: SimulatedCall) -> str:
    """Return the status of a media item, in the words of the API."""
    if asset["ready_at"] is None:
        return "WAITING_UPLOAD"
    if call.now.timestamp() < asset["ready_at"]:
        return "PROCESSING"
    return "PROCESSING_FAILED" if asset["is_bad"] else "AVAILABLE"
