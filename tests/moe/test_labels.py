from nbutils.moe.labels import evenly_spaced, shown_name, shown_token


def test_tokens_and_names_as_labels():
    assert shown_token("\x01 $\n") == r"�·\$↵"
    assert shown_name("x" * 30) == "…" + "x" * 23


def test_evenly_spaced_values_keep_the_ends():
    assert evenly_spaced(range(10), 4) == [0, 3, 6, 9]
    assert evenly_spaced([5, 1], 4) == [1, 5]
