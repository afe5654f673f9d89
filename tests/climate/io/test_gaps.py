import pandas as pd

from nbutils.climate.io.gaps import gap_sentences, missing_days


def made(dates, country="x", sector="power"):
    return pd.DataFrame({"country": country, "sector": sector, "date": dates})


def test_missing_days_are_counted_by_series():
    whole = pd.date_range("2019-01-01", "2019-02-28")
    days = pd.concat([made(whole), made(whole.delete([3, 4, 5, 20]), "y")])

    table = missing_days(days)

    assert table["gaps"].tolist() == [0, 4]
    assert table["longest_gap"].tolist() == [0, 3]
    assert table["days"].tolist() == [59, 55]
    assert gap_sentences(days) == ["Missing days are left so: y power 4."]


def test_many_series_with_gaps_are_summed_up():
    dates = pd.to_datetime(["2019-01-01", "2019-01-03"])

    assert gap_sentences(pd.concat([made(dates, f"c{i}") for i in range(8)]))[0].endswith("and 3 more series.")


def test_a_source_without_leap_days_is_told():
    whole = pd.date_range("2019-01-01", "2021-01-31")

    assert not any("29 February" in sentence for sentence in gap_sentences(made(whole)))
    without = gap_sentences(made(whole[~((whole.month == 2) & (whole.day == 29))]))
    assert without == [
        "Missing days are left so: x power 1.",
        "No series has a 29 February: the source leaves leap days out.",
    ]
    assert gap_sentences(made(pd.date_range("2020-03-01", "2020-05-01"))) == []
