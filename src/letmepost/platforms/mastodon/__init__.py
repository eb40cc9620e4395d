"""Mastodon, and other servers with its API: https://docs.joinmastodon.org."""

from letmepost.platforms.contract import Platform
from letmepost.platforms.mastodon.budgets import budgets
from letmepost.platforms.mastodon.connect import OAUTH
from letmepost.platforms.mastodon.options import MastodonOptions
from letmepost.platforms.mastodon.permissions import PERMISSIONS
from letmepost.platforms.mastodon.publish import publish
from letmepost.platforms.mastodon.read_back import is_there
from letmepost.platforms.mastodon.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.mastodon.refusals import REFUSALS
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.rules import RULES
from letmepost.platforms.mastodon.session import authors, check, disconnect, needs_refresh, refresh, server_of, sign
from letmepost.platforms.mastodon.settings import MastodonSettings
from letmepost.platforms.mastodon.simulator import SIMULATOR
from letmepost.platforms.mastodon.unpublish import unpublish

PLATFORM = Platform(
    name="mastodon",
    title="Mastodon",
    api_version=None,  # each server has the version that its administrator installed
    rules=RULES,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=MastodonOptions,
    settings=MastodonSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    disconnect=disconnect,
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    is_there=is_there,
    explain=explain,
    budgets=budgets,
    server=server_of,
    authors=authors,
    simulator=SIMULATOR,
)
