from nbutils.progress import progress


def test_items_pass_and_a_log_stays_clean(monkeypatch, capsys):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    assert list(progress([1, 2, 3], "counting")) == [1, 2, 3]
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_a_live_session_gets_the_notebooks_bar(monkeypatch):
    from tqdm.notebook import tqdm_notebook

    monkeypatch.setenv("JPY_SESSION_NAME", "router_norms.ipynb")

    assert isinstance(progress([1], "counting"), tqdm_notebook)
