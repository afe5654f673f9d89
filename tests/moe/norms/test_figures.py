import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.moe.norms import agreement_by_layer, captions, figures, norms_by_layer, rank_counts, sentence_table
from tests.moe.norms.test_ranks import made_probe


@pytest.fixture(scope="module")
def probes():
    return {"a": made_probe(0, layers=12), "b": made_probe(1, layers=12, experts=8)}


def drawn(figure, tmp_path):
    figure.savefig(tmp_path / "figure.png")
    return figure.axes


def test_rank_heatmaps_are_centred_on_chance_and_share_their_colours(probes, tmp_path):
    axes = drawn(figures.rank_heatmaps(rank_counts(probes)), tmp_path)

    images = [panel.images[0] for panel in axes[:2]]
    assert [panel.get_title() for panel in axes[:2]] == ["a", "b"]
    assert images[0].get_clim() == images[1].get_clim()
    assert sum(images[0].get_clim()) == 0


def test_at_most_eight_layers_of_a_model_are_drawn_first_and_last_among_them(probes, tmp_path):
    titles = [panel.get_title() for panel in drawn(figures.rank_heatmaps_by_layer(rank_counts(probes)), tmp_path)]

    assert len([title for title in titles if title]) == 16
    assert {"a, layer 0", "a, layer 11", "b, layer 0", "b, layer 11"} <= set(titles)


def test_agreement_draws_both_models_with_their_chance_levels(probes, tmp_path):
    panel = drawn(figures.agreement(agreement_by_layer(probes, 100)), tmp_path)[0]

    dashed = {line.get_label(): line.get_ydata()[0] for line in panel.lines if line.get_linestyle() == "--"}
    assert dashed == {"a, chance": 0.25, "b, chance": 0.125}
    [legend] = panel.figure.legends
    assert len(legend.get_texts()) == 6


def test_norms_start_at_zero(probes, tmp_path):
    for panel in drawn(figures.norms_by_depth(norms_by_layer(probes, 100)), tmp_path):
        assert panel.get_ylim()[0] == 0


def test_tokens_that_matplotlib_could_misread(loaded, tmp_path):
    sentence = sentence_table(loaded(), "a $b$ _c_\n\t\x01^d").assign(model="/a/long/path/of/my_$moe_b$")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(figures.chosen_experts(sentence), tmp_path)
        axes = drawn(figures.scores_and_norms(sentence), tmp_path)

    assert len(axes) == 4


def test_captions_say_what_the_tables_hold(probes):
    ranks = pd.DataFrame({"model": "m", "layer": 0, "score_rank": [1, 1, 2, 2], "norm_rank": [1, 2, 1, 2]})
    assert "m: 2.00 times chance where both ranks are 1, 2.00 on the whole" in captions.ranks(
        ranks.assign(share=[1.0, 0.0, 0.0, 1.0])
    )
    agreement = agreement_by_layer(probes, 100)
    mean = agreement[(agreement["statistic"] == "top_largest") & (agreement["layer"] == -1)].iloc[0]
    assert f"a: {mean['value']:.1%} on average (chance 25.0%)" in captions.agreement(agreement)
    norms = norms_by_layer(probes, 100)
    assert f"mean norm {norms['norm'].iloc[0]:.3g} in layer 0" in captions.norms(norms)
    tokens = pd.DataFrame(
        {"model": "m", "layer": 1, "position": [0, 0, 1, 1], "expert": [0, 1, 0, 1], "score": [0.9, 0.1, 0.9, 0.1]}
    ).assign(norm=[2.0, 1.0, 1.0, 2.0], chosen=np.array([True, False, True, False]))
    assert "1 of 2 tokens in m" in captions.scores_and_norms(tokens)
    assert "use in m 1 of 2 experts in layer 1" in captions.chosen_experts(tokens)


def test_long_names_that_end_alike_keep_their_panels(probes, tmp_path):
    """Two checkpoints of one run, whose paths look the same when shortened."""
    alike = {
        f"/runs/{run}/checkpoints/a-long-name/final": probe for run, probe in zip("ab", probes.values(), strict=True)
    }

    assert len(figures.rank_heatmaps(rank_counts(alike)).axes) == 3  # two panels and the colour bar
    [legend] = figures.agreement(agreement_by_layer(alike, 100)).legends
    assert len(legend.get_texts()) == 6
