"""Pinterest: https://developers.pinterest.com."""

from letmepost.platforms.contract import Platform
from letmepost.platforms.pinterest.budgets import budgets
from letmepost.platforms.pinterest.connect import OAUTH
from letmepost.platforms.pinterest.options import PinterestOptions
from letmepost.platforms.pinterest.permissions import PERMISSIONS
from letmepost.platforms.pinterest.publish import publish
from letmepost.platforms.pinterest.read_back import is_there
from letmepost.platforms.pinterest.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.pinterest.refusals import NEVER_RAISED, REFUSALS
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.resources import ACCOUNT_BLOCK, CHANGES, RESOURCES
from letmepost.platforms.pinterest.rules import RULES
from letmepost.platforms.pinterest.session import check, disconnect, needs_refresh, refresh, sign
from letmepost.platforms.pinterest.settings import API_VERSION, PinterestSettings
from letmepost.platforms.pinterest.simulator import SIMULATOR
from letmepost.platforms.pinterest.unpublish import unpublish

PLATFORM = Platform(
    name="pinterest",
    title="Pinterest",
    api_version=API_VERSION,
    rules=RULES,
    refusals=REFUSALS,
    never_raised=NEVER_RAISED,
    permissions=PERMISSIONS,
    options=PinterestOptions,
    settings=PinterestSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    pulls_media=True,
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
    resources=RESOURCES,
    changes=CHANGES,
    account_block=ACCOUNT_BLOCK,
    simulator=SIMULATOR,
)
