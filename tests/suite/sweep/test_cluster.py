import pytest

from nbutils.suite.sweep.cluster import ClusterError, check_workers, run_resources
from nbutils.suite.sweep.task import Job

JOB = Job("f1", "/out", "asks", None, 2, "0.1.0 (abc)")


class Client:
    """Answers as workers do."""

    def __init__(self, answers=None, resources=None):
        self._answers = answers
        self._resources = resources

    def run(self, function, job, on_error):
        assert on_error == "return"
        return self._answers

    def scheduler_info(self, n_workers):
        assert n_workers == -1  # all of them; the default is five
        return {"workers": {f"tcp://{i}": {"resources": each} for i, each in enumerate(self._resources)}}


def test_workers_that_have_nothing_to_complain_of_pass():
    check_workers(Client({"tcp://a": None, "tcp://b": None}), JOB)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Exception("ModuleNotFoundError(\"No module named 'nbutils'\")"),
            "tcp://b cannot use nbutils .* install 0.1.0",
        ),
        ("has nbutils 0.0.1 (x), not 0.1.0 (abc); install the same", r"tcp://b has nbutils 0.0.1 \(x\), not 0.1.0"),
    ],
)
def test_a_worker_that_cannot_is_named(answer, message):
    with pytest.raises(ClusterError, match=message):
        check_workers(Client({"tcp://a": None, "tcp://b": answer}), JOB)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [([{}, {}], {}), ([{}, {"GPU": 2}], {"GPU": 1}), ([{"GPU": 0}], {}), ([{"MEMORY": 1e9}], {})],
)
def test_a_run_takes_a_gpu_where_workers_declare_them(resources, expected):
    assert run_resources(Client(resources=resources)) == expected
