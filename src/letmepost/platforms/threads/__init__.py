"""Threads, by Meta: https://developers.facebook.com/docs/threads."""

from letmepost.domain.budgets import rolling
from letmepost.platforms._meta.budgets import budgets
from letmepost.platforms._meta.graph import THROTTLED_FOR
from letmepost.platforms._meta.long_lived import needs_refresh, sign
from letmepost.platforms.contract import Platform
from letmepost.platforms.threads.connect import OAUTH
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.permissions import PERMISSIONS
from letmepost.platforms.threads.publish import publish
from letmepost.platforms.threads.read_back import is_there
from letmepost.platforms.threads.reconcile import reconcile
from letmepost.platforms.threads.refusals import REFUSALS
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.rules import RULES, rules_for
from letmepost.platforms.threads.session import check, refresh
from letmepost.platforms.threads.settings import API_VERSION, ThreadsSettings
from letmepost.platforms.threads.simulator import SIMULATOR
from letmepost.platforms.threads.unpublish import unpublish

PLATFORM = Platform(
    name="threads",
    title="Threads",
    api_version=API_VERSION,
    rules=RULES,
    rules_for=rules_for,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=ThreadsOptions,
    settings=ThreadsSettings,
    visibility_delay_s=15.0,  # a container may be FINISHED for some seconds after it was published
    oauth=OAUTH,
    pulls_media=True,
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
    resets=rolling(THROTTLED_FOR),  # the quota of a day resets post by post, when each is a day old
    simulator=SIMULATOR,
)
