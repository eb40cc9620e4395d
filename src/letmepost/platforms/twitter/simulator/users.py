"""The account of a token."""

from letmepost.platforms.twitter.simulator.endpoint import Request, Success
from letmepost.platforms.twitter.simulator.tokens import withdraw


def own_user(request: Request) -> Success:
    """`GET /2/users/me`."""
    account = request.account
    if request.scenario.revoked:
        withdraw(request.state, account["id"])
    shown = {"id": account["id"], "name": account["name"], "username": account["username"]}
    facts = {"verified_type": "none", "subscription_type": "None", "protected": False}
    return Success(body={"data": {**shown, **facts, "profile_image_url": f"{request.call.root}/avatar.png"}})
