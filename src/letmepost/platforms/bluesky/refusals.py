"""What Bluesky's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Refusal

REFUSALS = (
    Refusal(
        "bluesky.connect.did_unresolved",
        "The identity's document cannot be found, so nobody can tell which server the account is on.",
        "Check the handle or DID, and try again in a minute.",
    ),
    Refusal(
        "bluesky.connect.handle_unresolved",
        "The handle leads to no account.",
        "Check its spelling: `you.bsky.social`, or your own domain.",
    ),
    Refusal(
        "bluesky.connect.not_a_server",
        "What answers at the account's server is no server of the AT Protocol.",
        "Leave `pdsUrl` out to have the server found, or correct it.",
    ),
    Refusal(
        "bluesky.connect.server_mismatch",
        "The server that was signed in to is not the account's own.",
        "Connect by handle and without `pdsUrl`, so that the account's own server is found.",
    ),
    Refusal(
        "bluesky.connect.server_missing",
        "The identity names no server.",
        "Check the spelling, or name the account's server in `pdsUrl`.",
    ),
    Refusal(
        "bluesky.media.gif_static",
        "Bluesky shows a GIF as a still picture.",
        "Send a video if it has to move.",
    ),
    Refusal(
        "bluesky.mention.unresolved",
        "Nobody has the mentioned handle, so it stays plain text.",
        "Check the handle's spelling.",
    ),
    Refusal(
        "bluesky.reply_to.not_found",
        "The post to reply to does not exist.",
        "Check `replyTo.uri`: the post may have been deleted.",
    ),
)
