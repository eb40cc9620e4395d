"""The catalog of refusals: every entry is complete, and its texts are sentences."""

from string import Formatter

from letmepost.domain import refusals
from letmepost.domain.errors import (
    FailureKind,
    FixableBy,
    InputRefused,
    InvalidRequest,
    LimitScope,
    NotFound,
    PlatformFailure,
    StateForbids,
    Unauthenticated,
)
from letmepost.domain.ids import Prefix
from letmepost.domain.refusals import CATALOG, Explanation, FieldRefusal, PlatformRefusal, Refusal
from tests.cases import for_each

FIELD_REFUSALS = [
    value
    for module in (refusals.connect, refusals.fields, refusals.media, refusals.posts, refusals.requests)
    for value in vars(module).values()
    if isinstance(value, FieldRefusal)
]

EXAMPLE = Refusal(
    id="media.in_use",
    message="{count} posts use `{field}`.",
    remediation="Cancel them, or send {suggestion}.",
    summary="A media item is in use.",
    error=StateForbids,
)


def parameters_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@for_each([*CATALOG, *FIELD_REFUSALS])
def test_explanation_has_a_sample_of_every_parameter(explanation: Explanation) -> None:
    used = parameters_of(explanation.message) | parameters_of(explanation.remediation)
    assert used - {"field"} <= set(explanation.sample) <= used | {"field"}


@for_each(CATALOG)
def test_explanation_consists_of_sentences(explanation: Explanation) -> None:
    for text in (
        explanation.describe(**explanation.sample),
        explanation.advise(**explanation.sample),
        explanation.summary,
    ):
        assert text.endswith("."), text
        assert text[0].isupper() or text[0] in "`/0123456789h", text


@for_each(CATALOG)
def test_wrong_request_has_an_example_and_its_correction(explanation: Explanation) -> None:
    is_wrong_request = isinstance(explanation, Refusal) and issubclass(
        explanation.error, InvalidRequest | Unauthenticated
    )
    if is_wrong_request and explanation.fixable_by is FixableBy.CALLER:
        assert explanation.wrong, explanation.id
        assert explanation.right, explanation.id
        assert explanation.wrong != explanation.right


def test_rule_ids_are_unique() -> None:
    ids = [explanation.id for explanation in CATALOG]
    assert len(ids) == len(set(ids))


def test_refusal_creates_an_error_with_its_texts() -> None:
    error = EXAMPLE(count=2, field="mediaId", suggestion="med_1", platform="x", detail={"posts": 2})
    assert isinstance(error, StateForbids)
    assert error.message == str(error) == "2 posts use `mediaId`."
    assert error.remediation == "Cancel them, or send med_1."
    assert (error.rule, error.field, error.suggestion) == ("media.in_use", "mediaId", "med_1")
    assert (error.platform, error.detail) == ("x", {"posts": 2})
    assert (error.status, error.fixable_by, error.retryable) == (409, FixableBy.CALLER, False)


def test_error_is_retryable_when_it_says_when_to_retry() -> None:
    error = refusals.requests.RATE_LIMITED(limit=60, retry_after_s=12)
    assert (error.retryable, error.retry_after_s) == (True, 12)
    assert "12 s" in error.remediation


def test_rule_of_a_field_refusal_is_the_path_of_the_field() -> None:
    assert refusals.fields.MISSING(field="targets[0].text").rule == "targets[0].text"


def test_unknown_id_is_repeated() -> None:
    error = refusals.requests.not_found(Prefix.POST, "post_1")
    assert isinstance(error, NotFound)
    assert error.message == "There is no post with the id `post_1`."


def test_platform_refusal_creates_a_failure_of_its_kind() -> None:
    refusal = PlatformRefusal(
        id="x.text.refused",
        kind=FailureKind.QUOTA_EXHAUSTED,
        message="{limit} posts a day.",
        summary="A limit.",
        scope=LimitScope.APP,
        is_operators=True,
    )
    failure = refusal(limit=5, response={"status": 429})
    assert isinstance(failure, PlatformFailure)
    assert (failure.kind, failure.scope) == (FailureKind.QUOTA_EXHAUSTED, LimitScope.APP)
    assert (failure.message, failure.rule, failure.remediation) == ("5 posts a day.", "x.text.refused", None)
    assert (failure.response, failure.fixable_by) == ({"status": 429}, FixableBy.OPERATOR)


def test_platform_refusal_of_an_input_is_the_callers_to_correct() -> None:
    refusal = PlatformRefusal(kind=FailureKind.REJECTED, message="Wrong password.", is_input=True)
    assert isinstance(refusal(), InputRefused)
