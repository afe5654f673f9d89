import pytest
import torch
import torch.nn.functional as F

from nbutils.corpora import batch_of
from nbutils.models import moe_layers
from nbutils.moe.observe import observed
from nbutils.moe.similarity import sentence_similarity


def test_each_pair_for_each_token(loaded):
    subject = loaded("deepseek")

    table = sentence_similarity(subject, "To be!", layers=[2])

    seen = []
    layer = moe_layers(subject)[1]
    with observed([layer], lambda _, routed: seen.append(routed)):
        subject.model(batch_of("To be!", subject.tokenizer).input_ids)
    x, index = seen[0].hidden_states, seen[0].top_k_index
    assert len(table) == 6 * 9 * 8 / 2  # tokens, then pairs of eight experts and the shared ones
    assert table["token"].drop_duplicates().tolist() == ["T", "o", " ", "b", "e", "!"]
    ones = torch.ones(6, 1)
    fifth, shared = layer.experts(x, torch.full((6, 1), 5), ones), layer.shared_experts(x)
    expected = F.cosine_similarity(fifth, shared, dim=-1)
    rows = table[(table["first"] == "5") & (table["second"] == "shared")].sort_values("position")
    torch.testing.assert_close(torch.tensor(rows["cosine"].to_numpy()), expected)
    angular = 1 - expected.arccos() / torch.pi
    torch.testing.assert_close(torch.tensor(rows["angular"].to_numpy()), angular)
    assert rows["chosen"].tolist() == [int(5 in row) for row in index]


def test_sentence_longer_than_the_context(loaded):
    with pytest.raises(ValueError, match="tokens do not fit the 64-token context"):
        sentence_similarity(loaded(), "x" * 65)
