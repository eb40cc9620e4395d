"""What Bluesky's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Refusal

REFUSALS = (
    Refusal(
        "bluesky.connect.did_unresolved",
        "There is no document for the DID, so the account's server cannot be found.",
        "Check the spelling of the handle or DID.",
    ),
    Refusal(
        "bluesky.connect.handle_unresolved",
        "No Bluesky account uses the handle.",
        "Check its spelling: `you.bsky.social`, or your own domain.",
    ),
    Refusal(
        "bluesky.connect.not_a_server",
        "`pdsUrl` is not the address of a public AT Protocol server.",
        "Omit `pdsUrl` to find the server automatically, or correct it.",
    ),
    Refusal(
        "bluesky.connect.server_mismatch",
        "The account is on another server than the one that accepted the sign-in, according to its DID document.",
        "Connect by handle and omit `pdsUrl`, so that the account's own server is found.",
    ),
    Refusal(
        "bluesky.connect.server_missing",
        "The account's DID document names no public AT Protocol server.",
        "Check the spelling of the handle or DID.",
    ),
    Refusal(
        "bluesky.media.gif_static",
        "Bluesky shows an animated image (GIF, WebP or APNG) as a still image.",
        "Publish a still image instead if the first frame is not the right one.",
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
