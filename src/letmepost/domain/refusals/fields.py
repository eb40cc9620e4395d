"""Refusals of a field whose value has the wrong shape. The rule of each error is the path of the field."""

from letmepost.domain.refusals.refusal import FieldRefusal

_FIELD = {"field": "text"}

MISSING = FieldRefusal(message="`{field}` is missing.", remediation="Send `{field}`.", sample=_FIELD)
UNKNOWN = FieldRefusal(
    message="Unknown field: `{field}`.",
    remediation="{advice}",
    sample={"field": "txt", "advice": "Send `text` instead."},
)
UNKNOWN_PARAMETER = FieldRefusal(
    message="Unknown query parameter: `{field}`.",
    remediation="{advice}",
    sample={"field": "statuss", "advice": "Send `status` instead."},
)
REPEATED_PARAMETER = FieldRefusal(
    message="The query parameter `{field}` was sent {count} times.",
    remediation="Send `{field}` once.",
    sample={"field": "limit", "count": 2},
)
UNKNOWN_VALUE = FieldRefusal(
    message="`{field}` has the unknown value `{given}`.",
    remediation="{advice}Allowed values: {allowed}.",
    sample={"field": "status", "given": "publishd", "advice": "", "allowed": "published, failed"},
)
NOT_ALLOWED = FieldRefusal(
    message="`{field}` must be {expected}.",
    remediation="Send {expected}.",
    sample={"field": "late.then", "expected": "'publish', 'skip' or 'hold'"},
)
WRONG_TYPE = FieldRefusal(
    message="`{field}` must be {kind}.",
    remediation="Send {kind} as `{field}`.",
    sample={"field": "text", "kind": "a string"},
)
TARGET_NOT_AN_OBJECT = FieldRefusal(
    message="`{field}` must be an object.",
    remediation='Send `{{"accountId": "acc_…"}}`.',
    sample={"field": "targets[0]"},
)
TOO_SHORT = FieldRefusal(
    message="`{field}` must have at least {limit} {unit}.",
    remediation="Send at least {limit} {unit}.",
    sample={"field": "name", "limit": 1, "unit": "character(s)"},
)
TOO_LONG = FieldRefusal(
    message="`{field}` must have at most {limit} {unit}.",
    remediation="Send at most {limit} {unit}.",
    sample={"field": "metadata", "limit": 20, "unit": "item(s)"},
)
OUT_OF_RANGE = FieldRefusal(
    message="`{field}` must be {comparison} {limit}.",
    remediation="Send a number that is {comparison} {limit}.",
    sample={"field": "late.withinS", "comparison": "at least", "limit": 0},
)
URL = FieldRefusal(
    message="`{field}` must be a URL: {problem}.",
    remediation="Send an absolute URL such as https://example.com/hook.",
    sample={"field": "url", "problem": "it has no scheme"},
)
INVALID_VALUE = FieldRefusal(
    message="`{field}` {problem}.",
    remediation="Correct `{field}` and send the request again.",
    sample={"field": "identifier", "problem": "must be a handle"},
)
INVALID = FieldRefusal(
    message="`{field}` is invalid: {problem}.",
    remediation="Correct `{field}` and send the request again.",
    sample={"field": "text", "problem": "it has a wrong format"},
)
PATTERN = FieldRefusal(
    message="`{field}` has a wrong format.",
    remediation="Send a value that matches the regular expression `{pattern}`.",
    sample={"field": "color", "pattern": "^#[0-9a-fA-F]{6}$"},
)
TIME_FORMAT = FieldRefusal(
    message="`{field}` must be an RFC 3339 time.",
    remediation="Send a time such as 2026-12-01T09:00:00Z.",
    sample={"field": "after"},
)
TIME_ZONE = FieldRefusal(
    message="`{field}` has no time zone.",
    remediation="End the time with `Z` or an offset such as `+01:00`: 2026-12-01T09:00:00Z.",
    sample={"field": "after"},
)
TIME_RANGE = FieldRefusal(
    message="`{field}` must be between the years 1 and 9999 in UTC.",
    remediation="Send a time such as 2026-12-01T09:00:00Z.",
    sample={"field": "after"},
)
WALL_TIME_FORMAT = FieldRefusal(
    message="`{field}` must be a date and a time without an offset.",
    remediation="Send a time such as 2026-12-24T09:00.",
    sample={"field": "schedule.at"},
)
NOT_BASE64 = FieldRefusal(
    message="`{field}` is not base64.",
    remediation="Encode the bytes in base64 (RFC 4648 section 4), with padding and without line breaks.",
    sample={"field": "media[0].bytesBase64"},
)
CANNOT_BE_NULL = FieldRefusal(
    message="`{field}` cannot be null.",
    remediation="Omit `{field}` to keep its value.",
    sample={"field": "displayName"},
)
ONE_OF = FieldRefusal(
    message="Exactly one of {names} is required.",
    remediation="Send one of {names}.",
    sample={"names": "`advanceS` and `to`"},
)
PAGE_SIZE = FieldRefusal(
    message="`{field}` must be a whole number from 1 to {max_size}.",
    remediation="Send a number from 1 to {max_size}.",
    sample={"field": "limit", "max_size": 200},
)
ORIGIN = FieldRefusal(
    message="`{field}` must be an https URL without quotes, commas, semicolons and spaces.",
    remediation="Send an origin such as https://app.example.com.",
    sample={"field": "returnOrigins[0]"},
)
OPTION_OF_ANOTHER_PLATFORM = FieldRefusal(
    message="`{field}` is an option of {owners}, not of {platform}.",
    remediation="Remove it from this target, or send it in the options of a target on {owners}.",
    sample={"field": "targets[0].options.visibility", "owners": "another", "platform": "example"},
)
