"""Which moment and which local day are meant by a date as it is written."""

import pandas as pd

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.date_text import DateOrder, read_dates


def parse_dates(
    written: pd.Series, series: pd.Series, *, order: DateOrder | None, time_zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """The moment and the local day of each row.

    Text is read as `read_dates` does. Times with a zone fall on the day of `time_zone`, or else on the day as written;
    times without one are local, and whole days, all at midnight, stay as written.

    Args:
        written: dates or times, as text, numbers (20190131) or datetimes; the index counts rows.
        series: label of the series of each row.
        order: of day and month, where the year comes last; told by evidence if None.
        time_zone: IANA name of the zone whose days are meant.

    Returns:
        `moment` (UTC where a zone is written) and `date` (midnight of the local day), datetime64[ns] without zone and
        with the index of `written`; and sentences about what was decided.

    Raises:
        ClimateDataError: a row is no date, the order cannot be told or contradicts a row, or the zone is unknown.
    """
    missing = written.isna()
    if missing.any():
        raise ClimateDataError(f"row {missing.idxmax()} has no date: fill it in or take the row out")
    sentences = []
    if isinstance(written.dtype, pd.DatetimeTZDtype):
        local, has_zone = written.dt.tz_localize(None), True
        moment = written.dt.tz_convert("UTC").dt.tz_localize(None)
    elif pd.api.types.is_datetime64_dtype(written.dtype):
        local, moment, has_zone = written, written, False
    else:
        local, offset, sentences = read_dates(written.astype("string"), series, order)
        has_zone = bool(offset.notna().all())
        moment = local - offset if has_zone else local
    if has_zone:
        moves = time_zone is not None and (local != local.dt.normalize()).any()
        local = in_zone(moment, time_zone) if moves else local
        sentences.append(
            f"Times carry a zone; a row belongs to its day {f'in {time_zone}' if moves else 'as written'}."
        )
    date = local.dt.normalize().dt.as_unit("ns")
    return pd.DataFrame({"moment": moment.dt.as_unit("ns"), "date": date}), sentences


def in_zone(moment: pd.Series, time_zone: str) -> pd.Series:
    """Moments in UTC as local times, all datetimes without zone.

    Raises:
        ClimateDataError: there is no such zone.
    """
    try:
        return moment.dt.tz_localize("UTC").dt.tz_convert(time_zone).dt.tz_localize(None)
    except (KeyError, ValueError, OSError) as error:
        raise ClimateDataError(f"no time zone is called '{time_zone}': write it like 'Europe/Paris'") from error
