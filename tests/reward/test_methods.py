import pytest

from nbutils.reward.methods import pair_methods, ranking_methods


@pytest.mark.parametrize(
    ("characteristics", "names"),
    [
        (["chars"], ["RC-LWR", "RC-Mean", "LWR-Penalty", "length penalty"]),
        (["lists", "chars"], ["RC-LWR", "LWR-Penalty", "length penalty"]),
        (["lists"], ["RC-LWR", "RC-Mean"]),
        (["lists", "bold"], ["RC-LWR"]),
    ],
)
def test_which_methods_fit_the_characteristics(characteristics, names):
    assert list(pair_methods(characteristics)) == names


def test_settings():
    methods = pair_methods(["lists", "chars"], frac=0.3, alpha=0.5)
    assert (methods["RC-LWR"].frac, methods["RC-LWR"].alpha) == (0.3, 0.5)
    assert methods["LWR-Penalty"].column == methods["length penalty"].column == 1
    assert methods["length penalty"].alpha == 1  # the paper's is fixed
    ranking = ranking_methods(alpha=0.5)
    assert (ranking["RC-LWR"].frac, ranking["RC-Mean"].ratio, ranking["RC-Mean"].fewest) == (0.1, 8, 10)
    assert ranking["RC-LWR"].alpha == ranking["RC-Mean"].alpha == 0.5
