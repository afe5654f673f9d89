import pytest

from nbutils.suite import UsageError
from nbutils.suite.sweep.grid import axes_from_options, grid


def runs(notebook, *options, zipped=False, many=False):
    return grid(notebook, axes_from_options(options), zipped, many).runs


def test_every_combination_is_a_run_with_typed_values_in_the_order_given(notebook):
    assert runs(notebook, ["label", "007", "b"], ["count", "1", "1e1"]) == [
        {"label": "007", "count": 1},
        {"label": "007", "count": 10},
        {"label": "b", "count": 1},
        {"label": "b", "count": 10},
    ]


def test_zipped_lists_go_together_and_a_single_value_with_all(notebook):
    made = runs(notebook, ["label", "a", "b"], ["count", "1", "2"], ["fast", "false"], zipped=True)
    assert made == [{"label": "a", "count": 1, "fast": False}, {"label": "b", "count": 2, "fast": False}]


def test_lists_of_different_lengths_are_not_zipped(notebook):
    with pytest.raises(UsageError, match=r"same length .* label 2, count 3"):
        runs(notebook, ["label", "a", "b"], ["count", "1", "2", "3"], zipped=True)


def test_runs_that_mean_the_same_are_made_once_and_counted(notebook):
    made = grid(notebook, axes_from_options([["count", "10", "1e1", "2"], ["fast", "true", "True"]]), False, False)
    assert made.runs == [{"count": 10, "fast": True}, {"count": 2, "fast": True}]
    assert made.repeated == 4


def test_text_and_numbers_that_look_alike_stay_apart(notebook):
    assert len(runs(notebook, ["label", "1", "1.0", "01"])) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([["cuont", "1"]], "has no parameter 'cuont'; did you mean 'count'; available are count"),
        ([["count=1; import os", "1"]], "has no parameter"),
        ([["output_dir", "x"]], "use -o DIR"),
        ([["count", "many"]], "count of notebook asks must be of type int, like its default 3, not 'many'"),
        ([["count"]], "-g count has no value"),
        ([["count", "1"], ["count", "2"]], "sets 'count' more than once"),
        ([["share", "0.5", "nan"]], "share cannot be nan"),
        ([], "has no runs"),
    ],
)
def test_what_is_wrong_is_named(notebook, options, message):
    with pytest.raises(UsageError, match=message):
        runs(notebook, *options)


def test_more_than_10_000_runs_are_asked_about_before_they_are_made(notebook):
    options = [["seed", *map(str, range(101))], ["count", *map(str, range(100))]]
    with pytest.raises(UsageError, match="has 10100 runs; add --yes"):
        runs(notebook, *options)
    assert len(runs(notebook, *options, many=True)) == 10_100
