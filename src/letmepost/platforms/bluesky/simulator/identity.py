"""Handles and the PLC directory."""

from collections.abc import Mapping
from typing import Any

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator.accounts import Account, find_account, find_by_identifier
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.bluesky.simulator.syntax import is_handle
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, invalid_request, parameter
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


def plc_document(state: State, call: SimulatedCall, did: str) -> SimulatedReply:
    """Return the PLC directory's response: the document of a DID, or the scenario's failure."""
    account = find_account(state, did)
    if account is None:
        return json_reply({"message": f"DID not registered: {did}"}, status=404)
    failure = SCENARIOS[account["scenario"]].directory_failure
    if failure is not None:
        message = failure.message.format(did=did)
        return json_reply({"message": message}, status=failure.status, delay_s=failure.delay_s)
    return json_reply(
        did_document(account, call.root), headers={"content-type": "application/did+ld+json; charset=utf-8"}
    )


def did_document(account: Account, root: str) -> Mapping[str, Any]:
    """Return the DID document of an account: its handle, and the simulator as its server."""
    did = account["did"]
    key = {
        "id": f"{did}#atproto",
        "type": "Multikey",
        "controller": did,
        # Nothing is signed with this key. A real one is a public key in base58.
        "publicKeyMultibase": "zQ3sh" + did.removeprefix("did:plc:"),
    }
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "alsoKnownAs": [f"at://{account['handle']}"],
        "verificationMethod": [key],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": root}],
    }


def resolve_handle(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.identity.resolveHandle`."""
    handle = parameter(call, "handle")
    if not is_handle(handle):
        raise invalid_request(f"Invalid com.atproto.identity.resolveHandle params: Invalid handle (got {handle!r})")
    account = find_by_identifier(state, handle)
    if account is None:
        raise XRPCError(400, "HandleNotFound", "Unable to resolve handle")
    return json_reply({"did": account["did"]})
