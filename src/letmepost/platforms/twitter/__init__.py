"""X, formerly Twitter: https://docs.x.com/x-api."""

from letmepost.platforms.contract import Platform
from letmepost.platforms.twitter.budgets import budgets
from letmepost.platforms.twitter.connect import OAUTH
from letmepost.platforms.twitter.costs import costs, priced_calls
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.permissions import PERMISSIONS
from letmepost.platforms.twitter.publish import publish
from letmepost.platforms.twitter.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.twitter.refusals import REFUSALS
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.rules import RULES, rules_for
from letmepost.platforms.twitter.session import check, disconnect, needs_refresh, refresh, sign
from letmepost.platforms.twitter.settings import API_VERSION, TwitterSettings
from letmepost.platforms.twitter.simulator import SIMULATOR
from letmepost.platforms.twitter.unpublish import unpublish

PLATFORM = Platform(
    name="twitter",
    title="X",
    aliases=("x",),
    api_version=API_VERSION,
    rules=RULES,
    rules_for=rules_for,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=TwitterOptions,
    settings=TwitterSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    disconnect=disconnect,
    check=check,
    check_costs_money=True,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    explain=explain,
    budgets=budgets,
    costs=costs,
    priced_calls=priced_calls,
    simulator=SIMULATOR,
)
