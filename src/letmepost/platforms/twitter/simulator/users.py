"""The account of a token."""

from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.scenarios import withdraw_permission
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.twitter.simulator.endpoint import Request


def own_user(request: Request) -> SimulatedReply:
    """`GET /2/users/me`."""
    account = request.account
    if request.scenario.revoked:
        withdraw_permission(request.state, account["id"])
    shown = {"id": account["id"], "name": account["name"], "username": account["username"]}
    facts = {"verified_type": "none", "subscription_type": request.scenario.subscription, "protected": False}
    return json_reply({"data": {**shown, **facts, "profile_image_url": picture_url(request.call)}})
