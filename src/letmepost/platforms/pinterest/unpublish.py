"""Deletes published Pins: https://developers.pinterest.com/docs/api/v5/pins-delete (checked 2026-11-21)."""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete, is_deleted_or_missing
from letmepost.platforms.pinterest.api import delete_pin
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.settings import PinterestSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: PinterestSettings) -> Flow[None]:
    """Delete Pins of the account. A missing Pin counts as deleted."""
    yield from complete([delete_pin(settings, pin_id) for pin_id in uris], is_deleted_or_missing, explain)
