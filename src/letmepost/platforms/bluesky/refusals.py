"""What Bluesky's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Explanation

REFUSALS = (
    Explanation(
        id="bluesky.connect.did_unresolved",
        message="There is no document for the DID, so the account's server cannot be found.",
        remediation="Check the spelling of the handle or DID.",
        summary="There is no document for the DID, so the account's server cannot be found.",
    ),
    Explanation(
        id="bluesky.connect.handle_unresolved",
        message="No Bluesky account uses the handle.",
        remediation="Check its spelling: `you.bsky.social`, or your own domain.",
        summary="No Bluesky account uses the handle.",
    ),
    Explanation(
        id="bluesky.connect.not_a_server",
        message="`pdsUrl` is not the address of a public AT Protocol server.",
        remediation="Omit `pdsUrl` to find the server automatically, or correct it.",
        summary="`pdsUrl` is not the address of a public AT Protocol server.",
    ),
    Explanation(
        id="bluesky.connect.server_mismatch",
        message="The account is on another server than the one that accepted the sign-in, according to its DID document.",
        remediation="Connect by handle and omit `pdsUrl`, so that the account's own server is found.",
        summary="The account is on another server than the one that accepted the sign-in, according to its DID document.",
    ),
    Explanation(
        id="bluesky.connect.server_missing",
        message="The account's DID document names no public AT Protocol server.",
        remediation="Check the spelling of the handle or DID.",
        summary="The account's DID document names no public AT Protocol server.",
    ),
    Explanation(
        id="bluesky.media.gif_static",
        message="Bluesky shows an animated image (GIF, WebP or APNG) as a still image.",
        remediation="Publish a still image instead if the first frame is not the right one.",
        summary="Bluesky shows an animated image (GIF, WebP or APNG) as a still image.",
    ),
    Explanation(
        id="bluesky.mention.unresolved",
        message="Nobody has the mentioned handle, so it stays plain text.",
        remediation="Check the handle's spelling.",
        summary="Nobody has the mentioned handle, so it stays plain text.",
    ),
    Explanation(
        id="bluesky.reply_to.not_found",
        message="The post to reply to does not exist.",
        remediation="Check `replyTo.uri`: the post may have been deleted.",
        summary="The post to reply to does not exist.",
    ),
)
