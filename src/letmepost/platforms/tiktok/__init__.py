"""TikTok: https://developers.tiktok.com/docs/en/content-posting-api-get-started."""

from datetime import timedelta

from letmepost.domain.budgets import rolling
from letmepost.domain.content import MediaKind
from letmepost.platforms.contract import AccountBlock, Platform
from letmepost.platforms.tiktok.connect import OAUTH
from letmepost.platforms.tiktok.creator import TikTokBlock, show_creator
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.permissions import PERMISSIONS
from letmepost.platforms.tiktok.publish import publish
from letmepost.platforms.tiktok.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.tiktok.refusals import NEVER_RAISED, REFUSALS
from letmepost.platforms.tiktok.replies import explain
from letmepost.platforms.tiktok.rules import RULES, rules_for
from letmepost.platforms.tiktok.session import check, disconnect, needs_refresh, refresh, sign
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.simulator import SIMULATOR
from letmepost.platforms.tiktok.webhooks import notified

PLATFORM = Platform(
    name="tiktok",
    title="TikTok",
    api_version=None,
    rules=RULES,
    rules_for=rules_for,
    refusals=REFUSALS,
    never_raised=NEVER_RAISED,
    permissions=PERMISSIONS,
    options=TikTokOptions,
    settings=TikTokSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    pulls_media=True,
    pulled_kinds=frozenset({MediaKind.IMAGE}),
    disconnect=disconnect,
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    publish=publish,
    reconcile=reconcile,
    unpublish=None,  # the API has no deletion
    is_there=None,  # the API shows public posts only: one that was made private was not removed
    notified=notified,
    explain=explain,
    resets=rolling(timedelta(hours=1)),  # a used-up limit resets post by post, and TikTok does not state when
    account_block=AccountBlock(view=TikTokBlock, show=show_creator),
    simulator=SIMULATOR,
)
