import numpy as np
import pytest

from nbutils.moe.norms import sentence_table


def test_every_token_layer_and_expert_has_a_row(loaded):
    table = sentence_table(loaded(), "To be!", layers=[0, 2])

    assert len(table) == 2 * 6 * 6
    assert "".join(table.drop_duplicates("position")["token"]) == "To be!"
    by_token = table.groupby(["layer", "position"])
    np.testing.assert_allclose(by_token["score"].sum(), 1, rtol=1e-5)
    assert (by_token["chosen"].sum() == 2).all()
    assert (table["weight"] > 0).equals(table["chosen"])
    assert (table["norm"] > 0).all()


def test_sentence_that_does_not_fit(loaded):
    with pytest.raises(ValueError, match="65 tokens do not fit the 64-token context"):
        sentence_table(loaded(), "x" * 65)
