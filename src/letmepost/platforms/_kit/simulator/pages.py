"""Addresses of pages of the sandbox, which simulators return where their networks return those of posts and people."""

from letmepost.domain.sandbox_pages import PICTURE_PATH, account_path, post_path
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply


def post_url(call: SimulatedCall, uri: str) -> str:
    """Return the URL of the page of a post."""
    return f"{call.network_root}{post_path(uri)}"


def account_url(call: SimulatedCall, account_id: str) -> str:
    """Return the URL of the page of an account."""
    return f"{call.network_root}{account_path(account_id)}"


def picture_url(call: SimulatedCall) -> str:
    """Return the URL of the picture that stands for every avatar, cover and thumbnail of the network."""
    return f"{call.network_root}{PICTURE_PATH}"


def redirect_to(url: str) -> SimulatedReply:
    """Return a redirect to a page, for an address that is an identifier too and therefore has the network's form."""
    return SimulatedReply(status=302, headers={"location": url})
