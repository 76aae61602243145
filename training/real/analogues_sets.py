"""Two public advertising files as columns: what was bought of what was shown to whom."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from features.arrays import Floats, Ints

FACEBOOK = "facebook_ads.csv"
PLACEMENTS = "placement_ads.csv"
MONTHS = {"April": 4, "May": 5}  # the file names no year; its source says 2020
YEAR = 2020
IMPRESSIONS, DISPLAYS = "log_impressions", "log_displays"


@dataclass(frozen=True, slots=True)
class Ads:
    """Advertisements or days of them.

    Parameters
    ----------
    columns : tuple of str, length p
        Names of X's columns.
    X : ndarray of float64, shape (n, p)
        Attributes, NaN for unknown; the last column is the log of the exposure.
    bought : ndarray of float64, shape (n,)
        Purchases.
    exposure : ndarray of float64, shape (n,)
        Times that it was shown.
    group : ndarray of int64, shape (n,)
        Rows that belong together.
    month : ndarray of int64, shape (n,)
        Of the year; 0 where the file tells none.
    """

    columns: tuple[str, ...]
    X: Floats
    bought: Floats
    exposure: Floats
    group: Ints
    month: Ints

    def __len__(self) -> int:
        return len(self.bought)

    def take(self, rows: Ints) -> "Ads":
        """Return some of the rows."""
        return Ads(
            self.columns,
            self.X[rows],
            self.bought[rows],
            self.exposure[rows],
            self.group[rows],
            self.month[rows],
        )

    def before_launch(self) -> "Ads":
        """Return the rows without the exposure among their columns: only the campaign tells it."""
        return Ads(
            self.columns[:-1], self.X[:, :-1], self.bought, self.exposure, self.group, self.month
        )


def facebook(path: Path) -> Ads:
    """Read ads by audience segment; spend, clicks and enquiries are left out, as known too late.

    Parameters
    ----------
    path : Path
        A file with xyz_campaign_id, fb_campaign_id, age, gender, interest, Impressions and
        Approved_Conversion.

    Returns
    -------
    Ads
        Grouped by fb_campaign_id.
    """
    rows = _rows(path)
    campaigns = sorted({row["xyz_campaign_id"] for row in rows})
    shown = _numbers(rows, "Impressions")
    columns = {
        "age": np.array([float(row["age"].split("-")[0]) for row in rows]),
        "is_male": _is(rows, "gender", "M"),
        "interest": _numbers(rows, "interest"),
        **{f"campaign_{name}": _is(rows, "xyz_campaign_id", name) for name in campaigns[1:]},
        IMPRESSIONS: np.log(shown),
    }
    return Ads(
        tuple(columns),
        np.column_stack(list(columns.values())),
        _numbers(rows, "Approved_Conversion"),
        shown,
        _numbers(rows, "fb_campaign_id").astype(np.int64),
        np.zeros(len(rows), np.int64),
    )


def placements(path: Path) -> Ads:
    """Read days of placements; `user_engagement`, which is close to the outcome, is left out.

    Parameters
    ----------
    path : Path
        A file with month, day, campaign_number, banner, placement, displays and
        post_click_conversions.

    Returns
    -------
    Ads
        Grouped by day.
    """
    rows = _rows(path)
    months = np.array([MONTHS[row["month"]] for row in rows])
    days = [int(row["day"]) for row in rows]
    sizes = np.array([[float(side) for side in row["banner"].split(" x ")] for row in rows])
    shown = _numbers(rows, "displays")
    weekdays = [date(YEAR, int(month), day).weekday() for month, day in zip(months, days,
                                                                          strict=True)]  # fmt: skip
    known = np.where([bool(row["placement"]) for row in rows], 0.0, np.nan)
    columns = {
        **{f"{key}_{name}": _is(rows, key, name) + (known if key == "placement" else 0.0)
           for key in ("campaign_number", "banner", "placement")
           for name in sorted({row[key] for row in rows if row[key]})},
        "width": sizes[:, 0],
        "height": sizes[:, 1],
        "weekend": (np.array(weekdays) >= 5).astype(np.float64),
        DISPLAYS: np.log1p(shown),
    }  # fmt: skip
    return Ads(
        tuple(columns),
        np.column_stack(list(columns.values())),
        _numbers(rows, "post_click_conversions"),
        shown,
        (100 * months + np.array(days)).astype(np.int64),
        months.astype(np.int64),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows])


def _is(rows: list[dict[str, str]], name: str, value: str) -> Floats:
    return np.array([float(row[name] == value) for row in rows])
