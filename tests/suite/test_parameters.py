from typing import Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.suite import ParameterError
from nbutils.suite.parameters import validate


class Declared(pydantic.BaseModel):
    count: int = pydantic.Field(3, ge=1, le=10)
    device: Literal["cpu", "cuda"] = "cpu"
    layers: int | None = None
    sizes: list[int] = []
    model: str


def sentence(**values) -> str:
    with pytest.raises(ParameterError) as caught:
        validate(Declared, {"model": "small", **values})
    return str(caught.value)


def test_right_values_come_back_typed():
    parameters = validate(Declared, {"model": "small", "count": "7"})
    assert parameters == Declared(model="small", count=7)


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"count": 11}, ["count", "11", "less than or equal to 10"]),
        ({"count": "many"}, ["count", "'many'", "valid integer"]),
        ({"device": "tpu"}, ["device", "'tpu'", "'cpu' or 'cuda'"]),
        ({"layers": "x"}, ["layers", "'x'", "integer"]),
        ({"sizes": [1, "x"]}, ["sizes", "'x'", "integer"]),
        ({"modle": "small"}, ["modle", "unknown", "did you mean 'model'", "device"]),
        ({"count": 0, "device": "tpu", "layers": "x"}, ["count", "2 more parameters are wrong"]),
        ({"count": 0, "device": "tpu"}, ["1 more parameter is wrong"]),
    ],
)
def test_the_sentence_names_parameter_value_and_what_is_allowed(values, parts):
    text = sentence(**values)
    assert all(part in text for part in parts), text
    assert text.endswith(".")
    assert "\n" not in text


def test_a_missing_parameter_is_named():
    with pytest.raises(ParameterError, match="'model' is missing"):
        validate(Declared, {})


def test_a_rule_over_several_parameters_keeps_its_own_words():
    class Range(pydantic.BaseModel):
        low: int
        high: int

        @pydantic.model_validator(mode="after")
        def _ordered(self):
            if self.low > self.high:
                raise ValueError("low must not exceed high")
            return self

    with pytest.raises(ParameterError, match=r"low must not exceed high\.$"):
        validate(Range, {"low": 2, "high": 1})


def test_a_long_value_is_shortened():
    assert len(sentence(count="9" * 5000)) < 300


def test_a_notebook_shows_only_the_sentence():
    error = ParameterError("Parameter x = 1 is not allowed.")
    assert error._render_traceback_() == ["ParameterError: Parameter x = 1 is not allowed."]


@settings(deadline=None)
@given(st.one_of(st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.none()))
def test_any_value_is_accepted_within_bounds_or_refused_in_one_sentence(value):
    try:
        count = validate(Declared, {"model": "small", "count": value}).count
    except ParameterError as error:
        refusal = str(error)
    else:
        assert 1 <= count <= 10
        return
    assert refusal.startswith("Parameter count = ")
    assert "\n" not in refusal
