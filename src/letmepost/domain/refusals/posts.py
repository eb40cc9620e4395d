"""Refusals about posts: targets, options, times and states."""

from letmepost.domain.errors import FixableBy, StateForbids
from letmepost.domain.refusals import fields
from letmepost.domain.refusals.refusal import Explanation, FieldRefusal, Refusal

MODE_CONFLICT = Refusal(
    id="mode_conflict",
    message="`publishNow`, `scheduledAt`, `schedule` and `draft` cannot be combined.",
    remediation="Send one of them.",
    summary="A post is published immediately, is scheduled by `scheduledAt` or `schedule`, or is a draft. A new post "
    "without any of them is published immediately.",
    wrong='{"publishNow": true, "scheduledAt": "2026-12-01T09:00:00Z"}',
    right='{"scheduledAt": "2026-12-01T09:00:00Z"}',
)
SCHEDULED_AT_TIMEZONE = Refusal(
    id="scheduledAt.timezone",
    message=fields.TIME_ZONE.message,
    remediation=fields.TIME_ZONE.remediation,
    summary="A time without an offset could mean any hour, so it is rejected instead of guessed.",
    sample={"field": "scheduledAt"},
    wrong='{"scheduledAt": "2026-12-01T09:00:00"}',
    right='{"scheduledAt": "2026-12-01T09:00:00Z"}',
)
SCHEDULED_AT_FUTURE = Refusal(
    id="scheduledAt.future",
    message="`{field}` is {given}, which is not in the future. The time now is {now}.",
    remediation="Send a time at least 1 s ahead, or omit `{field}` to publish immediately.",
    summary="The time of publication must be at least one second ahead of the clock of this service.",
    sample={"field": "scheduledAt", "given": "2026-12-01T09:00:00Z", "now": "2026-12-02T10:30:00Z"},
    wrong='{"scheduledAt": "2020-01-01T00:00:00Z"}',
    right='{"scheduledAt": "2026-12-01T09:00:00Z"}',
)
SCHEDULED_AT_HORIZON = Refusal(
    id="scheduledAt.horizon",
    message="`{field}` is more than {max_days} days ahead.",
    remediation="Send a time within {max_days} days.",
    summary="A post can be scheduled up to 366 days ahead.",
    sample={"field": "scheduledAt", "max_days": 366},
    wrong='{"scheduledAt": "2036-12-01T09:00:00Z"}',
    right='{"scheduledAt": "2026-12-01T09:00:00Z"}',
)
SCHEDULE_AT_OFFSET = Refusal(
    id="schedule.at.offset",
    message="`{field}` has an offset, but `zone` determines the offset.",
    remediation="Remove the offset: 2026-12-24T09:00. Or send the time as `scheduledAt`, without `schedule`.",
    summary="`schedule.at` is the time that the clocks in `schedule.zone` show. An offset could contradict the zone.",
    sample={"field": "schedule.at"},
    wrong='{"schedule": {"at": "2026-12-24T09:00+01:00", "zone": "Europe/Berlin"}}',
    right='{"schedule": {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}}',
)
SCHEDULE_ZONE_UNKNOWN = Refusal(
    id="schedule.zone.unknown",
    message="`{field}` is `{given}`, which is not the name of a time zone.",
    remediation="Send {advice}.",
    summary="`schedule.zone` is a name from the IANA time zone database, with the same capital letters. Abbreviations "
    "such as CEST and offsets such as +02:00 do not say when the clocks change.",
    sample={"field": "schedule.zone", "given": "Europe/Berln", "advice": "`Europe/Berlin` instead"},
    wrong='{"schedule": {"at": "2026-12-24T09:00", "zone": "Berlin"}}',
    right='{"schedule": {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}}',
)
DRAFT_TIME_PASSED = Refusal(
    id="draft.time_passed",
    message="The time of the draft {post_id} is {given}, which is not in the future. The time now is {now}.",
    remediation="Send `scheduledAt` with a later time, or `publishNow: true`.",
    summary="A draft is published at the time that a change gave it, unless the request contains another one. That "
    "time must be at least one second ahead.",
    sample={"post_id": "post_0123", "given": "2026-12-01T09:00:00Z", "now": "2026-12-02T10:30:00Z"},
    wrong="{}",
    right='{"publishNow": true}',
)
TARGETS_REQUIRED = Refusal(
    id="targets.required",
    message="`targets` must contain at least one target.",
    remediation='Name the account to publish to: `"targets": [{{"accountId": "acc_…"}}]`.',
    summary="A post needs at least one account to publish to.",
    wrong='{"text": "Hello", "targets": []}',
    right='{"text": "Hello", "targets": [{"accountId": "acc_…"}]}',
)
TARGETS_MAX = Refusal(
    id="targets.max",
    message="`targets` has {count} targets. At most {limit} are allowed.",
    remediation="Split them into several requests, or use `POST /v1/posts/bulk`.",
    summary="A post has at most 25 targets.",
    sample={"count": 26, "limit": 25},
    wrong='{"targets": [<26 targets>]}',
    right='{"targets": [<25 targets>]}',
)
TARGET_ADDRESS = Refusal(
    id="target.address",
    message="`{field}` names no account.",
    remediation="Send `accountId`. `platform` is enough if one active account is connected there.",
    summary="A target names the account to publish to by `accountId`, or by `platform` if exactly one is connected.",
    sample={"field": "targets[0]"},
    wrong='{"targets": [{"text": "Hello"}]}',
    right='{"targets": [{"accountId": "acc_…", "text": "Hello"}]}',
)
TARGET_ACCOUNT_NOT_CONNECTED = Refusal(
    id="target.account.not_connected",
    message="No active account {which}.",
    remediation="List the accounts with `GET /v1/accounts`, or connect one with "
    "`POST /v1/accounts/connect/{{platform}}`.",
    summary="No account of the organization, profile and mode (live or test) of this key has the id, or is connected "
    "on the platform.",
    sample={"field": "targets[0].accountId", "which": "has the id `acc_01M80J4QPPFFHRF1R8`"},
    wrong='{"targets": [{"accountId": "acc_<of another organization>"}]}',
    right='{"targets": [{"accountId": "acc_…"}]}',
)
TARGET_ACCOUNT_AMBIGUOUS = Refusal(
    id="target.account.ambiguous",
    message="{count} accounts are connected on {platform}.",
    remediation="Send `accountId` instead of `platform`: {ids}.",
    summary="A target can name a platform only if one active account is connected there. "
    "`platformResponse.candidates` lists the accounts.",
    sample={"count": 2, "platform": "example", "ids": "acc_01M80J4QPPFFHRF1R8, acc_01M80J4QPPFFHRF1R9"},
    wrong='{"targets": [{"platform": "example"}]}',
    right='{"targets": [{"accountId": "acc_…"}]}',
)
TARGETS_DUPLICATE_ACCOUNT = Refusal(
    id="targets.duplicate_account",
    message="The account {account_id} is a target twice.",
    remediation="Name each account once. Send a second request for a second post.",
    summary="A request publishes one post to each account.",
    sample={"account_id": "acc_01M80J4QPPFFHRF1R8"},
    wrong='{"targets": [{"accountId": "acc_1…"}, {"accountId": "acc_1…"}]}',
    right='{"targets": [{"accountId": "acc_1…"}, {"accountId": "acc_2…"}]}',
)
TARGETS_ACCOUNT_PLATFORM_MISMATCH = Refusal(
    id="targets.account.platform_mismatch",
    message="`{field}` is {platform}, but the account is on {actual}.",
    remediation="Omit `platform`, or send the platform of the account.",
    summary="A target that has both `accountId` and `platform` must have the platform of the account.",
    sample={"field": "targets[0].platform", "platform": "example", "actual": "another"},
    wrong='{"targets": [{"accountId": "acc_<on another>", "platform": "example"}]}',
    right='{"targets": [{"accountId": "acc_<on another>"}]}',
)
TARGETS_OPTIONS_PLATFORM_MISMATCH = Refusal(
    id="targets.options.platform_mismatch",
    message="`{field}` is not {platform}, the platform of the target.",
    remediation="Omit `platform` from the options, or send the platform of the target.",
    summary="The options of a target must be those of its platform.",
    sample={"field": "targets[0].options.platform", "platform": "example"},
    wrong='{"platform": "example", "options": {"platform": "another"}}',
    right='{"platform": "example", "options": {}}',
)
OPTIONS_PLATFORM_UNKNOWN = FieldRefusal(
    message="`{field}`: there is no such platform.",
    remediation="Use one of {known}, or send the options of one target with the target.",
    sample={"field": "options.myspace", "known": "example, another"},
)
OPTIONS_NO_TARGET = Explanation(
    id="options.no_target",
    message="`{field}` has no effect: no target is on {platform}.",
    remediation="Remove the options, or add a target on that platform.",
    summary="The request has options for a platform that no target is on.",
    sample={"field": "options.example", "platform": "example"},
    wrong='{"targets": [{"platform": "another"}], "options": {"example": {}}}',
    right='{"targets": [{"platform": "another"}], "options": {"another": {}}}',
)
UNUSED_OPTIONS = FieldRefusal(
    message=OPTIONS_NO_TARGET.message, remediation=OPTIONS_NO_TARGET.remediation, sample=OPTIONS_NO_TARGET.sample
)
DUPLICATE_CONTENT = Refusal(
    id="post.duplicate_content",
    message="The account received the same text and media in {post_id}.",
    remediation="Change the post, or send a smaller `refuseDuplicatesWithinS` (0 allows duplicates).",
    summary="The request asked to reject duplicates, and the same account received the same text and media within "
    "`refuseDuplicatesWithinS`. White space around a text and its Unicode normalization form make no difference.",
    sample={"post_id": "post_01M80J4QPPFFHRF1R8"},
    error=StateForbids,
)
STATUS = Refusal(
    id="post.status",
    message="{message}",
    remediation="Read the post with `GET /v1/posts/{post_id}` to see its current status.",
    summary="The current status of the post does not allow the operation.",
    sample={"message": "A published post cannot be canceled.", "post_id": "post_01M80J4QPPFFHRF1R8"},
    error=StateForbids,
)
BATCH_STATUS = Refusal(
    id="batch.status",
    message="The batch {batch_id} is not a draft.",
    remediation="Read it with `GET /v1/batches/{batch_id}` to see the status of its posts.",
    summary="Only a draft can be published or scheduled this way. Its posts were queued or canceled already.",
    sample={"batch_id": "batch_01M80J4QPPFFHRF1R8"},
    error=StateForbids,
)
DUPLICATE_MEDIA_DELETED = Refusal(
    id="post.duplicate.media_deleted",
    message="The media item {media_id} of the post was deleted, or has expired.",
    remediation="Upload the file again, and create the post with `POST /v1/posts`.",
    summary="A duplicate uses the media items of the post. They are deleted some time after it was published.",
    sample={"media_id": "med_01M80J4QPPFFHRF1R8"},
    error=StateForbids,
)
PARTLY_PUBLISHED = Refusal(
    id="post.partly_published",
    message="A part of this post was sent already and may be visible.",
    remediation="Wait for the outcome of the post, then retry or unpublish it.",
    summary="A post that was sent in part cannot be changed or canceled, because the platform may show that part.",
    error=StateForbids,
)
UNPUBLISH_UNSUPPORTED = Refusal(
    id="post.unpublish.unsupported",
    message="The API of {title} cannot delete posts.",
    remediation="Delete the post in the platform's own app.",
    summary="The platform offers no call that deletes a post.",
    sample={"title": "Example"},
    fixable_by=FixableBy.ACCOUNT_OWNER,
    error=StateForbids,
)
