"""Bluesky, and any other network of the AT Protocol: https://atproto.com."""

from letmepost.platforms.bluesky.budgets import budgets
from letmepost.platforms.bluesky.connect import ConnectInput, connect
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.permissions import PERMISSIONS
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.read_back import is_there
from letmepost.platforms.bluesky.reconcile import reconcile
from letmepost.platforms.bluesky.refusals import REFUSALS
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.rules import RULES, rules_for
from letmepost.platforms.bluesky.session import check, disconnect, needs_refresh, refresh, server, sign
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.simulator import SIMULATOR
from letmepost.platforms.bluesky.unpublish import unpublish
from letmepost.platforms.contract import Platform

PLATFORM = Platform(
    name="bluesky",
    title="Bluesky",
    api_version=None,  # methods never change: a breaking change gets a new name
    rules=RULES,
    rules_for=rules_for,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=BlueskyOptions,
    settings=BlueskySettings,
    connect_input=ConnectInput,
    visibility_delay_s=0.0,  # a server reads its own writes
    connect=connect,
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
    server=server,
    simulator=SIMULATOR,
)
