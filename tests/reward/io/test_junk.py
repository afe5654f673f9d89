import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.annotations import read_annotations
from nbutils.reward.io.pairs import read_pairs
from nbutils.reward.io.responses import read_responses
from tests.reward.io import test_annotations, test_judge_bench, test_responses, test_reward_bench_2, test_reward_math
from tests.reward.io.made import PLAIN, REWARD_BENCH, write_json

PAIRS = {
    "plain": PLAIN,
    "reward_bench": REWARD_BENCH,
    "reward_bench_2": [test_reward_bench_2.FACTUALITY, test_reward_bench_2.TIES],
    "judge_bench": test_judge_bench.RECORDS,
    "reward_math": test_reward_math.RECORDS,
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "scores", "chosen"]), inner),
    max_leaves=5,
)


def spoilt(records, data):
    """Records of which one or more cells are anything, or gone."""
    records = [dict(record) for record in records]
    for _ in range(data.draw(st.integers(1, 3))):
        record = data.draw(st.sampled_from(records))
        name = data.draw(st.sampled_from([*records[0]]))
        record[name] = data.draw(JUNK)
        if data.draw(st.booleans()) and data.draw(st.booleans()):
            del record[name]
    return records


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("junk") / "rm.json"


def read_or_refusal(read, path):
    """What was read, and the sentence where it was refused."""
    try:
        return read(path), f"{path}"
    except RewardDataError as error:
        return None, str(error)


@pytest.mark.parametrize("kind", PAIRS)
@settings(max_examples=40)
@given(data=st.data())
def test_spoilt_pairs_are_read_right_or_refused_in_one_sentence(path, kind, data):
    pairs, message = read_or_refusal(read_pairs, write_json(path, spoilt(PAIRS[kind], data)))

    assert str(path) in message
    assert "\n" not in message
    if pairs is not None:
        assert np.isfinite(pairs[["chosen_score", "rejected_score"]]).all(axis=None)
        assert not pairs[["model", "pair_id", "prompt_id", "subset"]].isna().any(axis=None)
        assert not pairs.duplicated(["model", "pair_id"]).any()


@settings(max_examples=40)
@given(data=st.data())
def test_spoilt_responses(path, data):
    rows = spoilt(test_responses.outputs("gpt", score=[1, 2, 3]), data)
    responses, message = read_or_refusal(read_responses, write_json(path, rows))

    assert str(path) in message
    assert responses is None or np.isfinite(responses["score"]).all()


@settings(max_examples=40)
@given(data=st.data())
def test_spoilt_annotations(path, data):
    rows = spoilt(test_annotations.annotations([1, 1.5, 2]), data)
    annotations, message = read_or_refusal(read_annotations, write_json(path, rows))

    assert str(path) in message
    assert annotations is None or annotations["preference"].between(0, 1).all()
