"""Media: their upload URLs, and whether they are ready to be shown.

Source: fact sheet sections 2.3, 2.5 and 4. Only the facts of a media item are stored: media cannot be downloaded from
the simulator.
"""

from datetime import timedelta
from typing import TypedDict

from letmepost.platforms._kit.simulator.oauth.grants import Token
from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
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
    """A media item. `ready_at` (Unix seconds) is None until it is uploaded; `is_bad` if its bytes have another type."""

    noun: str
    owner: str
    ready_at: float | None
    is_bad: bool


def authors(state: State, token: Token) -> set[str]:
    """Return whom a token may act as: the member, and with the required scope the pages that they administer."""
    member = find_member(state, token["account_id"])
    is_for_pages = "w_organization_social" in token["scopes"]
    return {person(member), *(pages(member) if is_for_pages else ())}


def begin_upload(state: State, call: SimulatedCall, resource: str) -> SimulatedReply:
    """`POST /rest/images?action=initializeUpload`, and the same for documents."""
    token = authenticate(state, call, "w_member_social", "w_organization_social")
    if dict(call.query).get("action") != "initializeUpload":
        raise RestliError(400, "ILLEGAL_ARGUMENT", "Unknown action")
    spend(state, call, token["account_id"], resource)
    scenario = scenario_of(state, token["account_id"])
    refuse_attempt(state, token["account_id"], scenario, call.now, shows_post=False, is_upload=True)
    request = json_body(call).get("initializeUploadRequest")
    owner = request.get("owner") if isinstance(request, dict) else None
    if owner not in authors(state, token):
        raise denied(f"POST /{resource}")
    noun, name = _NOUNS[resource], digits(call.entropy, "upload")
    urn = f"urn:li:{noun}:D4E{name}"
    expires_at = (call.now + UPLOAD_LIFETIME).timestamp()
    state[f"asset/{urn}"] = Asset(noun=noun, owner=str(owner), ready_at=None, is_bad=False)
    state[f"upload/{name}"] = {
        "urn": urn,
        "expires_at": expires_at,
        "scenario": find_member(state, token["account_id"])["scenario"],
    }
    url = f"{call.root}/dms-uploads/{name}"
    return success({"value": {"uploadUrlExpiresAt": int(expires_at * 1000), "uploadUrl": url, noun: urn}})


def take_bytes(state: State, call: SimulatedCall, name: str) -> SimulatedReply:
    """`PUT` to an upload URL, which identifies the upload with or without a token."""
    upload = state.get(f"upload/{name}")
    if upload is None:
        raise not_found()
    if call.now.timestamp() >= upload["expires_at"]:
        raise RestliError(400, "EXPIRED_UPLOAD_URL", "The upload URL has expired")
    key = f"asset/{upload['urn']}"
    asset: Asset = state[key]
    takes = DOCUMENT_PROCESSING if asset["noun"] == "document" else timedelta()
    never = SCENARIOS[upload["scenario"]].never_ready
    ready_at = (call.now + (timedelta(days=36_500) if never else takes)).timestamp()
    is_bad = not call.received.first.startswith(_STARTS[asset["noun"]])
    state[key] = Asset(noun=asset["noun"], owner=asset["owner"], ready_at=ready_at, is_bad=is_bad)
    return success(status=201)


def read_asset(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`GET /rest/images/{urn}`, and the same for documents: only for apps that may read pages' posts."""
    authenticate(state, call, "r_organization_social")
    asset: Asset | None = state.get(f"asset/{urn}")
    if asset is None:
        raise not_found()
    return success({"id": urn, "owner": asset["owner"], "status": _status(asset, call)})


def check_asset(state: State, call: SimulatedCall, urn: str, author: str) -> None:
    """Raise if a media item is missing, not the author's, or not ready."""
    asset: Asset | None = state.get(f"asset/{urn}")
    if asset is None:
        raise RestliError(422, "UNPROCESSABLE_ENTITY", f"{urn} does not exist", inner="INVALID_URN_ID")
    if asset["owner"] != author:
        raise denied("POST /posts: the media item belongs to another author")
    status = _status(asset, call)
    if status == "PROCESSING_FAILED":
        raise RestliError(400, "MEDIA_ASSET_PROCESSING_FAILED", f"{urn} failed to process")
    if status != "AVAILABLE":
        raise RestliError(400, "MEDIA_ASSET_WAITING_UPLOAD", f"{urn} is {status}")


def _status(asset: Asset, call: SimulatedCall) -> str:
    if asset["ready_at"] is None:
        return "WAITING_UPLOAD"
    if call.now.timestamp() < asset["ready_at"]:
        return "PROCESSING"
    return "PROCESSING_FAILED" if asset["is_bad"] else "AVAILABLE"
