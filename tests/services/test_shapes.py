"""Errors of a request's shape: in the words of this service, with the names that were probably meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from letmepost.http.schemas.contents import CreatePost
from letmepost.platforms import discover
from letmepost.services.shapes import MEANT, PROBLEMS_MAX, problems_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TARGET = {"accountId": "acc_1"}


def problems(body: Any) -> list[Any]:
    with pytest.raises(ValidationError) as rejected:
        CreatePost.model_validate(body)
    return problems_of(rejected.value.errors(include_input=False), CreatePost)


MODELS = [CreatePost, *(platform.options for platform in discover().values())]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_no_message_is_pydantics_own(model: type[BaseModel], data: st.DataObject) -> None:
    names = st.sampled_from([field.alias or name for name, field in model.model_fields.items()])
    try:
        model.model_validate(data.draw(st.dictionaries(names | st.text(max_size=8), JSON, max_size=6)))
    except ValidationError as error:
        found = problems_of(error.errors(include_input=False), model)
        assert 1 <= len(found) <= PROBLEMS_MAX
        for problem in found:
            assert " should " not in problem.message
            assert "xtra inputs" not in problem.message
            assert problem.message.endswith(".")
            assert problem.remediation.endswith(".")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"targets": [TARGET], "text": 5}, "text", "`text` must be a string."),
        ({"targets": [TARGET], "publishNow": "yes"}, "publishNow", "`publishNow` must be true or false."),
        ({"targets": {}}, "targets", "`targets` must be a list."),
        ({"targets": ["acc_1"]}, "targets[0]", "`targets[0]` must be an object."),
        ({"targets": [TARGET], "late": {"withinS": 1.5}}, "late.withinS", "`late.withinS` must be a whole number."),
        ({"targets": [TARGET], "late": {"withinS": -1}}, "late.withinS", "`late.withinS` must be at least 0."),
        (
            {"targets": [TARGET], "late": {"then": "wait"}},
            "late.then",
            "`late.then` must be 'publish', 'skip' or 'hold'.",
        ),
        (
            {"targets": [TARGET], "firstComment": {"text": ""}},
            "firstComment.text",
            "`firstComment.text` must have at least 1 character.",
        ),
        (
            {"targets": [TARGET], "thread": [{"text": "a"}] * 25},
            "thread",
            "`thread` must have at most 24 items.",
        ),
    ],
)
def test_problem_states_what_the_value_must_be(body: Any, field: str, message: str) -> None:
    [problem] = problems(body)
    assert (problem.field, problem.message) == (field, message)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [(name, meant) for name, meant in MEANT.items() if meant in {"targets", "text", "scheduledAt", "media[].url"}],
)
def test_field_name_of_another_service_gets_the_name_here(name: str, suggestion: str) -> None:
    [problem] = problems({"targets": [TARGET], name: "x"})
    assert (problem.suggestion, problem.remediation) == (suggestion, f"Send `{suggestion}` instead.")


def test_unknown_field_without_a_similar_name_lists_the_fields() -> None:
    [problem] = problems({"targets": [{**TARGET, "zzzz": 1}]})
    assert problem.suggestion is None
    assert problem.remediation.startswith("Use the fields of this object: text, media, firstComment")


class Options(BaseModel):
    """A model whose field has a pattern and a multiple."""

    color: str = Field(default="#000000", pattern="^#[0-9a-f]{6}$")
    step: int = Field(default=5, multiple_of=5)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"color": "red"}, "`color` has a wrong format."),
        ({"step": 3}, "`step` must be a multiple of 5."),
    ],
)
def test_other_limits_are_stated_in_the_same_form(body: Any, message: str) -> None:
    with pytest.raises(ValidationError) as rejected:
        Options.model_validate(body)
    [problem] = problems_of(rejected.value.errors(), Options)
    assert problem.message == message


def test_number_of_reported_problems_is_limited() -> None:
    assert len(problems({"targets": [5] * 1000})) == PROBLEMS_MAX
