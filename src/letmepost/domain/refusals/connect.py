"""Refusals about connecting accounts: consent, hosted pages and return URLs."""

from letmepost.domain.errors import FailureKind, FixableBy, PlatformNotEnabled, RateLimited, StateForbids
from letmepost.domain.refusals.refusal import FieldRefusal, PlatformRefusal, Refusal

CONSENT = Refusal(
    id="connect.consent",
    message="{title} accounts are connected by consent on the platform's own page.",
    remediation="Start with `POST /v1/accounts/connect/{platform}`, and send the person to the `url` of the response.",
    summary="The platform asks the person for consent on its own page. An account cannot be connected with values that "
    "the caller sends.",
    sample={"title": "Example", "platform": "another"},
    wrong='POST /v1/accounts/connect/example/complete {"identifier": "you"}',
    right="POST /v1/accounts/connect/example",
)
TYPED = Refusal(
    id="connect.typed",
    message="{title} accounts are not connected by consent.",
    remediation="Send the fields that `POST /v1/accounts/connect/{platform}` describes to `/complete`.",
    summary="A person connects accounts of this platform with credentials, such as a handle and an app password.",
    sample={"title": "Example", "platform": "example"},
    wrong='POST /v1/accounts/connect/example/complete {"state": "…", "code": "…"}',
    right='POST /v1/accounts/connect/example/complete {"identifier": "you.example", "appPassword": "…"}',
)
STATE_UNKNOWN = Refusal(
    id="connect.state_unknown",
    message="Unknown or expired OAuth state.",
    remediation="Start again with `POST /v1/accounts/connect/{{platform}}`, and return its `state` unchanged.",
    summary="The `state` was not created by this service, or not for this caller and platform.",
    wrong='{"state": "made-up", "code": "…"}',
    right='{"state": "<the state of the response>", "code": "…"}',
)
STATE_USED = Refusal(
    id="connect.state_used",
    message="This OAuth state was already used.",
    remediation="Check whether the account is connected (`GET /v1/accounts`). If it is not, start again.",
    summary="A `state` completes one connection.",
    wrong='{"state": "<used before>", "code": "…"}',
    right='{"state": "<of a new connection>", "code": "…"}',
)
STATE_EXPIRED = Refusal(
    id="connect.state_expired",
    message="The consent has expired.",
    remediation="Start again. The link is valid for 10 minutes.",
    summary="A consent must be completed within ten minutes of its start.",
    wrong='{"state": "<older than 10 minutes>", "code": "…"}',
    right='{"state": "<of a new connection>", "code": "…"}',
)
OTHER_BROWSER = Refusal(
    id="connect.other_browser",
    message="This connection was started in another browser.",
    remediation="Continue in the browser in which you started, or start again in this one.",
    summary="A consent that was started on a hosted page must return to the same browser. Otherwise a link could trick "
    "a person into connecting another person's account.",
    fixable_by=FixableBy.ACCOUNT_OWNER,
)
DENIED = Refusal(
    id="connect.denied",
    message="Access was not granted, so no account was connected.",
    remediation="Start again and allow the access.",
    summary="The person declined on the platform's page.",
    fixable_by=FixableBy.ACCOUNT_OWNER,
)
REFUSED = Refusal(
    id="connect.refused",
    message="The platform returned an error instead of asking for consent.",
    remediation="Start again. If it happens again, ask the operator to check the app's settings (`letmepost doctor`).",
    summary="Usually the app's settings on the platform, such as the redirect URL, do not match this deployment.",
    fixable_by=FixableBy.OPERATOR,
)
NO_CODE = Refusal(
    id="connect.no_code",
    message="The platform returned no authorization code.",
    remediation="Start again.",
    summary="The browser returned from the platform without a code that could be exchanged for a token.",
    wrong="GET /v1/accounts/oauth/example/callback?state=…",
    right="GET /v1/accounts/oauth/example/callback?state=…&code=…",
)
NO_ACCOUNT = PlatformRefusal(
    id="connect.no_account",
    message="The consent gave access to no account that can publish.",
    remediation="Sign in on the platform as a person who has such an account, and keep it selected there.",
    summary="The person granted access, but to no account that this service can publish to.",
    kind=FailureKind.REJECTED,
    is_input=True,
)
ACCOUNT_LOST = PlatformRefusal(
    id="connect.account_lost",
    message="The account {account} cannot be connected any longer, so no account was connected. {reason}",
    remediation="Choose other accounts, or start again and grant access to this one.",
    summary="Several minutes can pass between the consent and the choice of accounts. Every chosen account is checked "
    "before any is connected. The platform no longer accepts the access to this one: it was revoked, or the person has "
    "lost their role.",
    sample={"account": "Acme", "reason": "The person who connected the Page has no role on it any longer."},
    kind=FailureKind.REJECTED,
    is_input=True,
)
CHOOSE = Refusal(
    id="connect.choose",
    message="The consent gave access to {count} accounts.",
    remediation="Send the `state` again with `accountIds`: ids from `platformResponse.candidates`.",
    summary="Which of the accounts to connect must be stated. The candidates are kept for ten minutes.",
    sample={"count": 3},
    error=StateForbids,
)
ACCOUNT_IDS = FieldRefusal(
    message="`accountIds` is empty, or contains an account that the consent did not give access to.",
    remediation="Choose from the accounts in `platformResponse.candidates`.",
)
OTHER_CONSENT_PROFILE = FieldRefusal(
    message="The consent was started for another profile.",
    remediation="Omit `profileId`, or send the profile for which the consent was started.",
)
OTHER_REDIRECT_URI = FieldRefusal(
    message="`redirectUri` differs from the one with which the consent was started.",
    remediation="Send the same `redirectUri`, or omit it.",
)
CODE_MISSING = FieldRefusal(
    message="`code` is missing.",
    remediation="Send the `code` that the platform returned to the redirect URL.",
)
SERVER_MISSING = FieldRefusal(
    message="`{field}` is missing. {title} accounts are on many servers.",
    remediation="Send the name of the server that the account is on, such as social.example.",
    sample={"field": "server", "title": "Example"},
)
SERVER_UNUSED = FieldRefusal(
    message="`{field}` was sent, but a {title} account is not connected by the name of its server.",
    remediation="Omit `{field}`.",
    sample={"field": "server", "title": "Example"},
)
SERVER_UNADDRESSABLE = PlatformRefusal(
    id="connect.server_unaddressable",
    message="The server {server} cannot be called: {problem}",
    remediation="Correct `server`: send the public name of the server that the account is on, such as social.example.",
    summary="An account is connected at a server on the public internet. Names without an address and names of private "
    "networks are rejected with the same message.",
    sample={"server": "social.exmaple", "problem": "The name social.exmaple does not resolve to a public address."},
    wrong='{"server": "social.exmaple"}',
    right='{"server": "social.example"}',
    kind=FailureKind.REJECTED,
    is_input=True,
)
SERVER_APP_INVALID = PlatformRefusal(
    id="connect.server_app_invalid",
    message="The app credentials that {server} issued are empty or have more than {limit} characters.",
    remediation="Check the spelling of `server`. If it is correct, ask the operator of that server.",
    summary="This service registers an app at the server that a person chooses. The server must return a client id and "
    "a client secret of a usual length.",
    sample={"server": "social.example", "limit": 1000},
    kind=FailureKind.REJECTED,
    is_input=True,
)
SERVER_APP_UNKNOWN = PlatformRefusal(
    id="connect.server_app_unknown",
    message="The server {server} no longer knows the app of this service, so no account was connected.",
    remediation="Start again. This service then registers a new app.",
    summary="Servers delete apps, for example when their database is restored. The app was deleted here too, so the "
    "next connection at that server registers another one.",
    sample={"server": "social.example"},
    kind=FailureKind.REJECTED,
    is_input=True,
)
PUBLIC_URL = Refusal(
    id="connect.public_url",
    message="This deployment does not know its own address, so a platform could not send the browser back.",
    remediation="Ask the operator to set `LETMEPOST_PUBLIC_URL`.",
    summary="Consent on a platform ends at the address of this deployment.",
    fixable_by=FixableBy.OPERATOR,
    error=PlatformNotEnabled,
)
RETURN_URL = Refusal(
    id="connect.return_url",
    message="Browsers may not be sent to {origin}.",
    remediation="Ask the operator to allow the origin (`LETMEPOST_RETURN_ORIGINS` or `returnOrigins`).",
    summary="After a connection the browser returns to an address that the caller chose. Only the listed origins are "
    "allowed, so that links of this service cannot lead anywhere else.",
    sample={"origin": "https://app.example.com"},
    fixable_by=FixableBy.OPERATOR,
)
URL_FORMAT = FieldRefusal(
    message="`{field}` must be an http(s) URL without a user name and a fragment.",
    remediation="Send an absolute URL such as https://app.example.com/connected.",
    sample={"field": "returnUrl"},
)
FORM = Refusal(
    id="connect.form",
    message="This form was not sent from our page, or is too old.",
    remediation="Open the page again and send the form from there. The browser must accept cookies.",
    summary="Forms of hosted pages are protected against requests from other sites.",
    fixable_by=FixableBy.ACCOUNT_OWNER,
)
NONE_CHOSEN = FieldRefusal(
    message="No account is selected.",
    remediation="Select at least one account.",
)
SESSION_OVER = Refusal(
    id="connect.session_over",
    message="This page was already used, or has expired.",
    remediation="Return to the page that you came from and start again.",
    summary="A hosted page is valid for one connection and for one hour. Create another one with "
    "`POST /v1/connect-sessions`.",
    wrong="GET /connect/<used before>",
    right="POST /v1/connect-sessions",
)
SIGN_INS_MAX = Refusal(
    id="connect.sign_ins_max",
    message="Too many sign-ins {where}.",
    remediation="{advice}",
    summary="A hosted page accepts 10 sign-ins. All hosted pages together accept 30 a minute from one client address.",
    sample={
        "where": "on this page: at most 10 are accepted",
        "advice": "Return to the page that you came from and start again.",
    },
    error=RateLimited,
)
SIGNATURE = Refusal(
    id="connect.signature",
    message="The request is not signed by the platform.",
    remediation="Check that the app's secret here is the one on the platform.",
    summary="Platforms report withdrawn permissions with a signed request.",
    fixable_by=FixableBy.OPERATOR,
)
