import json

import pytest

SMALL = {"compare_to": "", "checkpoints": "", "layers": "6-7", "max_tokens": "2000", "knockout_tokens": "1500"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("checkpoints", "moe-scratch@step9", "no revision 'step9'; it has: step250, step1000, untrained"),
        ("checkpoints", "moe-upcycled", "2 of 8 and 4 of 16 experts: compare checkpoints of one run"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_leaves_no_result(run_notebook, name, value, sentence):
    outcome, written = run_notebook("expert_routing", **SMALL | {name: value})

    assert outcome.findings is None
    assert sentence in outcome.failure
    assert "\n" not in outcome.failure
    assert written == {"expert_routing.failed.ipynb"}


@pytest.mark.slow
def test_two_runs_give_the_same_findings_and_figures(run_notebook, tmp_path):
    first, written = run_notebook("expert_routing", "first", **SMALL)
    run_notebook("expert_routing", "second", **SMALL)

    assert first.failure is None
    assert len(first.findings) == 11
    for file in written - {"expert_routing.ipynb", "run.json"}:
        one, other = (tmp_path / place / "expert_routing" / file for place in ("first", "second"))
        assert one.read_bytes() == other.read_bytes(), file
    verdicts = {finding["verdict"] for finding in json.loads((one.parent / "findings.json").read_text())["findings"]}
    assert "not testable here" in verdicts  # 1500 tokens hold too few passages
