"""Named refusals and warnings that are no limit of a platform, as values.

Callers branch on their ids, and each has a page. A platform's own are in its folder. What is wrong with a
single field is named by the field's path instead.
"""

from dataclasses import dataclass

from letmepost.domain.sizes import HEAD_MAX_BYTES, KIB


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse or to warn: what it means, and what to do about it, in sentences."""

    id: str
    summary: str
    remediation: str


REFUSALS = (
    Refusal(
        "account.disconnected",
        "The account was disconnected, so nothing can be published there.",
        "Connect the account again; what is held for it is then queued by itself.",
    ),
    Refusal(
        "account.other_profile",
        "The account is connected under another profile of the organization.",
        "Connect it under that profile, or move it with `PATCH /v1/accounts/{id}` first.",
    ),
    Refusal(
        "account.other_user",
        "The account is connected by another user of the customer, by another `externalUserId`.",
        "Disconnect it with `DELETE /v1/accounts/{id}` first. Its waiting posts must have been canceled, too.",
    ),
    Refusal(
        "account.reauth_required",
        "The platform no longer accepts the account's credential.",
        "Connect the account again. What is scheduled for it is held until then, and queued by itself.",
    ),
    Refusal("api_key.ended", "The API key was revoked or has expired.", "Mint a new key."),
    Refusal(
        "api_key.escalation",
        "A key cannot create, rotate or revoke a key with more rights than its own: scopes, mode, profile, expiry and "
        "rate limit. Fields that are omitted when a key is created take the values of the calling key.",
        "Ask for less, or call with a key that has these rights.",
    ),
    Refusal(
        "api_keys.max",
        "The organization has as many working API keys as the operator allows (`LETMEPOST_API_KEYS_MAX`).",
        "Revoke a key that is not used.",
    ),
    Refusal("body.content_type", "The body is not said to be JSON.", "Send `Content-Type: application/json`."),
    Refusal(
        "body.duplicate_field",
        "A field stands in the body twice, and parsers disagree about which one counts.",
        "Send each field once.",
    ),
    Refusal("body.json", "The body is not JSON in UTF-8.", "Send well-formed JSON."),
    Refusal(
        "body.timeout",
        "The body arrived at less than 1 KiB/s for 10 s.",
        "Send the request again over a faster connection.",
    ),
    Refusal(
        "body.size_max",
        "The body is larger than the route takes.",
        "Upload large media with POST /v1/media and refer to them by mediaId.",
    ),
    Refusal("body.values_max", "The body holds more values than a request needs.", "Send less at once."),
    Refusal(
        "budget.resets_after_deadline",
        "The platform's budget comes back only after the time by which the post had to be out.",
        "Retry the post later, or allow more lateness with `late.withinS`.",
    ),
    Refusal(
        "connect.choose",
        "The consent opened several accounts, and it has not been said which of them are to be connected.",
        "Send the state again with `accountIds`: ids of `platformResponse.candidates`. They are kept for ten minutes.",
    ),
    Refusal(
        "connect.denied",
        "The person did not allow the access on the platform's page.",
        "Begin again if that was not meant.",
    ),
    Refusal(
        "connect.no_account",
        "The consent opened no account that can be published to.",
        "Consent as somebody who has such an account, and leave it ticked on the platform's page.",
    ),
    Refusal(
        "connect.no_code",
        "The browser came back from the platform without what could be exchanged for access.",
        "Begin again.",
    ),
    Refusal(
        "connect.other_browser",
        "The browser that came back is not the one in which the consent was begun on a hosted page.",
        "Go on in the browser in which it was begun, or begin again.",
    ),
    Refusal(
        "connect.public_url",
        "The deployment does not know its own address, so no platform could send a browser back.",
        "The operator has to set `LETMEPOST_PUBLIC_URL`.",
    ),
    Refusal(
        "connect.refused",
        "The platform's page sent the browser back with an error instead of asking for consent.",
        "Begin again. If it happens again, look at the app's settings on the platform; `letmepost doctor` helps.",
    ),
    Refusal(
        "connect.return_url",
        "Browsers may be sent only to origins that the operator has named.",
        "Ask for the origin to be added: `LETMEPOST_RETURN_ORIGINS`, or the organization's `returnOrigins`.",
    ),
    Refusal(
        "connect.form",
        "A form came from another page than ours, or from one that was too old.",
        "Open the page again and send the form from there; the browser has to take cookies.",
    ),
    Refusal(
        "connect.session_over",
        "A hosted page is good for one connection and for an hour.",
        "Make another session with `POST /v1/connect-sessions`.",
    ),
    Refusal(
        "connect.sign_ins_max",
        "A hosted page accepts 10 sign-ins, and all hosted pages together accept 30 a minute from one client address.",
        "Wait a minute and try again. After 10 sign-ins on one page, start again with a new page.",
    ),
    Refusal(
        "connect.signature",
        "A call that says it is a platform's is not signed by it.",
        "Only the platform makes such calls. If it does, look whether the app's secret here is the one there.",
    ),
    Refusal(
        "connect.state_expired",
        "A consent is good for ten minutes, and this one came later.",
        "Begin again.",
    ),
    Refusal(
        "connect.state_unknown",
        "The state that came back is not one that was given out here, to this caller and for this platform.",
        "Begin with `POST /v1/accounts/connect/{platform}`, and bring its state back unchanged.",
    ),
    Refusal(
        "connect.state_used",
        "A state is good for one return, and this one has been used.",
        "Look whether the account is connected; if it is not, begin again.",
    ),
    Refusal(
        "connect.typed",
        "Accounts of this platform are connected by what a person types in, not by consent.",
        "Send what `POST /v1/accounts/connect/{platform}` describes to `complete`.",
    ),
    Refusal(
        "connect.consent",
        "Accounts of this platform are connected by consent on the platform's own page, not by what a caller sends.",
        "Start with `POST /v1/accounts/connect/{platform}` and send the person to the URL that it answers.",
    ),
    Refusal(
        "connections.max",
        "The server has as many open connections as it allows (`LETMEPOST_CONNECTIONS_MAX`).",
        "Retry after 1 s, and reuse connections.",
    ),
    Refusal(
        "events.streams_max",
        "A key follows no more than so many streams of events at once: 10, unless the operator has set another number.",
        "End one of them, or let one stream serve all that listen.",
    ),
    Refusal(
        "extras.failed",
        "The post is published; a first comment or another extra could not be added within an hour.",
        "Add it on the platform by hand. The post is neither failed nor repeated.",
    ),
    Refusal(
        "headers.size_max",
        f"The request line and headers are larger than {HEAD_MAX_BYTES // KIB} KiB.",
        "Send fewer or shorter headers and query parameters.",
    ),
    Refusal(
        "headers.timeout",
        "The headers did not arrive within 10 s.",
        "Send the request again on a new connection.",
    ),
    Refusal(
        "http.malformed",
        "The request is not well-formed HTTP/1.1.",
        "Send the request with an HTTP client library.",
    ),
    Refusal(
        "idempotency_key.body_mismatch",
        "The Idempotency-Key was used with another request.",
        "Send a new key, or the original request.",
    ),
    Refusal(
        "idempotency_key.format",
        "An Idempotency-Key is 1 to 255 visible ASCII characters.",
        "Send a random UUID.",
    ),
    Refusal(
        "idempotency_key.in_progress",
        "The first request with this Idempotency-Key is still being carried out.",
        "Send the same request again after `Retry-After`.",
    ),
    Refusal(
        "idempotency_key.secret_expired",
        "The first answer held a secret, which is repeated for ten minutes and to the same key only.",
        "Read or rotate what was created, or use a new Idempotency-Key.",
    ),
    Refusal("media.empty_body", "The file is empty.", "Send the file's bytes."),
    Refusal("media.form", "The multipart form cannot be read.", "Send one multipart field named `file`."),
    Refusal(
        "media.kind_mismatch",
        "The `kind` of a media item differs from what its bytes are.",
        "Send the kind that the file has, or attach another file.",
    ),
    Refusal(
        "media.kind_required",
        "The kind of a media item is not known before its bytes have arrived.",
        "Send `kind` (`image`, `video` or `document`).",
    ),
    Refusal("media.missing_file", "The request has no file.", "Send one multipart field named `file`."),
    Refusal(
        "media.one_source",
        "A medium is given in exactly one way.",
        "Send one of `mediaId`, `url` and `bytesBase64`.",
    ),
    Refusal("media.single_file", "The request has more than one file.", "Upload one file at a time."),
    Refusal("media.size_max", "The file is larger than is taken here.", "Send a smaller file."),
    Refusal(
        "media.unknown",
        "There is no such medium for the target's profile, or it has expired.",
        "Upload it again and use the new mediaId.",
    ),
    Refusal(
        "media.unreadable",
        "The file is not a complete image, video or PDF file, or needs more memory or time than one file may use.",
        "Send a complete file, or re-export it with a smaller size or fewer frames.",
    ),
    Refusal(
        "media.url.unreachable",
        "The URL did not answer with the file, or is not a public https URL.",
        "Give a public https URL that answers with the file itself.",
    ),
    Refusal("method.not_allowed", "The path does not have this method.", "Use a method of the `Allow` header."),
    Refusal(
        "mode_conflict",
        "`publishNow`, `scheduledAt` and `draft` exclude each other.",
        "Send at most one of them; none means now.",
    ),
    Refusal(
        "options.no_target",
        "The request has options for a platform that no target is on. They have no effect.",
        "Remove the options, or add a target on that platform.",
    ),
    Refusal(
        "post.duplicate_content",
        "The same account got the same text and media within `refuseDuplicatesWithinS`. White space around a text and "
        "its Unicode normalization form make no difference.",
        "Change the post, or ask for a shorter time.",
    ),
    Refusal(
        "post.partly_published",
        "Something of the post was sent already and may be visible.",
        "Wait for its outcome, then retry or unpublish it.",
    ),
    Refusal(
        "operator_token.attempts_max",
        "More than 10 wrong operator tokens came from one client address within a minute.",
        "Wait as long as `Retry-After` says, and send the right token.",
    ),
    Refusal("post.status", "The post's status does not allow this.", "Read the post and see its status."),
    Refusal(
        "post.unconfirmed",
        "The post was sent, and what became of it could not be learnt. It is not sent again by itself.",
        "Look on the platform, then say what you found with POST /v1/posts/{id}/resolve.",
    ),
    Refusal(
        "post.unpublish.unsupported",
        "The platform offers no way to delete a post.",
        "Delete it on the platform by hand.",
    ),
    Refusal(
        "profile.in_use",
        "Something belongs to the profile, or it is the default one.",
        "Remove its accounts, media, keys and webhook endpoints first.",
    ),
    Refusal(
        "profile.scope_mismatch",
        "The API key belongs to another profile.",
        "Leave `profileId` out, or use a key of that profile.",
    ),
    Refusal(
        "sandbox.accounts.max",
        "The organization has as many simulated accounts as the operator allows (`LETMEPOST_SANDBOX_ACCOUNTS_MAX`).",
        "Disconnect test accounts, or empty the test world with POST /v1/sandbox/reset.",
    ),
    Refusal(
        "sandbox.test_key",
        "Only test keys can use the sandbox.",
        "Use a key that starts with `lmp_test_`.",
    ),
    Refusal(
        "schedule.missed",
        "The post could not go out within the lateness that it allows. `lateness` in the error says how late it was, "
        "and what it waited for.",
        "Retry it, or allow more lateness with `late.withinS`.",
    ),
    Refusal("scheduledAt.future", "`scheduledAt` is at least a second ahead.", "Choose a later time."),
    Refusal("scheduledAt.horizon", "`scheduledAt` is at most 366 days ahead.", "Choose an earlier time."),
    Refusal(
        "scheduledAt.timezone",
        "A time without an offset is refused: guessing one would publish at another hour.",
        "End the time with `Z` or an offset such as `+01:00`.",
    ),
    Refusal("scope.missing", "The API key lacks the scope that the operation needs.", "Use a key that has it."),
    Refusal(
        "target.account.ambiguous",
        "Several active accounts are on the platform.",
        "Name one by `accountId`; `platformResponse.candidates` lists them.",
    ),
    Refusal(
        "target.account.not_connected",
        "No active account of the organization or profile is there.",
        "Connect an account first, or name another.",
    ),
    Refusal("target.address", "A target is named by its account or its platform.", "Send `accountId` or `platform`."),
    Refusal(
        "targets.account.platform_mismatch",
        "The account is on another platform than the target says.",
        "Leave `platform` out, or name the account's own.",
    ),
    Refusal("targets.duplicate_account", "An account is among the targets twice.", "Name each account once."),
    Refusal("targets.max", "A request has at most 25 targets.", "Send several requests."),
    Refusal(
        "targets.options.platform_mismatch",
        "The options are of another platform than the target.",
        "Leave `platform` out of the options, or name the target's own.",
    ),
    Refusal("targets.required", "A post needs at least one target.", "Name an account or a platform."),
    Refusal(
        "account.posts_waiting",
        "Posts of the account have not gone out yet, and belong to its present profile or user.",
        "Wait for them or cancel them, then move or connect the account.",
    ),
    Refusal(
        "budget.away",
        "The platform does not answer; it is left alone for a while.",
        "Nothing needs to be done: the post goes out when the platform answers again.",
    ),
    Refusal(
        "budget.limit",
        "A limit that the platform set is used up for now.",
        "Nothing needs to be done: the post goes out when the limit resets.",
    ),
    Refusal(
        "media.content_type",
        "The upload is not a form, or not one that can be read.",
        "Send multipart/form-data with the file in the field `file`.",
    ),
    Refusal(
        "media.in_use",
        "A post that has not been published yet needs the media item.",
        "Cancel the post or give it another media item, or wait until it is published.",
    ),
    Refusal(
        "media.not_uploaded",
        "Nothing has come in at the upload's address yet.",
        "PUT the bytes there first, then complete the upload.",
    ),
    Refusal(
        "media.public_url.required",
        "The platform fetches media itself, and this deployment has no address that it could fetch them from.",
        "Have the operator set LETMEPOST_PUBLIC_URL to the https address of this deployment.",
    ),
    Refusal(
        "media.size_mismatch",
        "The upload brings more or fewer bytes than were announced.",
        "Send the file that was announced, or start another upload.",
    ),
    Refusal(
        "media.upload_used", "The upload's address has been used: it is good for one file.", "Start another upload."
    ),
    Refusal(
        "publishing.paused",
        "The operator has paused publishing.",
        "Nothing needs to be done: the post is queued again when the pause ends.",
    ),
    Refusal(
        "webhooks.endpoints.duplicate_url",
        "The URL is registered already for this profile and mode. A second endpoint would receive every event twice.",
        "Change the endpoint that exists, or use another URL.",
    ),
    Refusal(
        "webhooks.endpoints.max",
        "The organization has as many webhook endpoints as the operator allows (`LETMEPOST_WEBHOOK_ENDPOINTS_MAX`, "
        "50 by default), live and test together.",
        "Delete an endpoint that is not used.",
    ),
    Refusal(
        "quota.mediaBytes",
        "The organization's media take all the room that the operator gave it.",
        "Delete media, or ask the operator for more.",
    ),
    Refusal(
        "quota.postsPerAccountDay",
        "The account has all the posts of that day that the operator allows.",
        "Choose another day, or ask the operator for more.",
    ),
    Refusal(
        "quota.postsPerMonth",
        "The organization has all the posts of that month that the operator allows.",
        "Choose another month, or ask the operator for more.",
    ),
)
