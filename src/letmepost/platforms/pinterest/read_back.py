"""Checks whether a published Pin is still on Pinterest."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.flows import find
from letmepost.platforms.pinterest.api import read_id, read_pin
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.settings import PinterestSettings


def is_there(_account: AccountFacts, pin_id: str, settings: PinterestSettings) -> Flow[bool]:
    """Return False if Pinterest no longer has the Pin.

    Raises:
        PlatformFailure: Pinterest did not return a usable response.
    """
    return (yield from find(read_pin(settings, pin_id), read_id, _is_missing, explain)) is not None


def _is_missing(reply: Reply) -> bool:
    return reply.status == 404
