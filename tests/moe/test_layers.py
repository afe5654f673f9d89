import pytest

from nbutils.moe.layers import select_layers


@pytest.mark.parametrize(
    ("text", "expected"),
    [("all", [1, 2, 3, 5]), ("2", [2]), ("1-5", [1, 2, 3, 5]), (" 5, 1-2 ", [1, 2, 5]), ("1,1", [1])],
)
def test_layers_are_read(text, expected):
    assert select_layers(text, [1, 2, 3, 5]) == expected


def test_layer_out_of_range_names_those_that_exist():
    with pytest.raises(ValueError, match="layer 4 is out of range: the MoE layers are 1-3, 5"):
        select_layers("3-4", [1, 2, 3, 5])
    with pytest.raises(ValueError, match="layer 9999999999 is out of range"):
        select_layers("1-9999999999", [1, 2, 3, 5])


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "1;2", "5-2"])
def test_what_cannot_be_read(text):
    with pytest.raises(ValueError, match="cannot be read: write 'all' or numbers"):
        select_layers(text, [1])
