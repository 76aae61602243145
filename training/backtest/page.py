"""The report of a backtest as one page."""

from collections.abc import Iterator, Mapping
from html import escape

from models.manifest import Metric
from training.backtest import plots
from training.backtest.choice_section import as_if_not_chosen
from training.backtest.figures import COMPARED, PROBABILITY, RANDOM
from training.backtest.html import cell, document, paragraph, picture, pictures, table
from training.backtest.judged import ENGAGEMENT, FOLLOWERS, TRUTH
from training.backtest.replay import CONSTANT, CREDENCE, FORECASTERS, LOGISTIC
from training.backtest.report import Report, told
from training.backtest.rivals import PLAIN
from training.backtest.sections import by_slice, drifted, ranked
from training.backtest.words import (
    CHOSEN,
    COUNT,
    INTERVALS,
    MEASURES,
    METHOD,
    NAMES,
    RIVALS,
    SIMULATED,
    TRUTHS,
)
from training.metrics import REPLICATES

GLANCE = 3  # creators a brief, in the table at the top


def page(report: Report, seed: int) -> str:
    """Return the report as HTML that needs no network and runs no script.

    Parameters
    ----------
    report : Report
        The backtest.
    seed : int
        Of the intervals in the pictures.

    Returns
    -------
    str
        Equal for equal backtests: no time of the run, no path.
    """
    title = f"Conversion backtest, {report.params['from']} to {report.params['to']}"
    return document(
        title,
        [
            *_lead(report),
            _glance(report),
            *_quarters(report),
            *_probability(report, seed),
            *ranked(report, seed),
            *as_if_not_chosen(report.choice),
            *drifted(report),
            *by_slice(report),
            _footer(report),
        ],
    )


def _lead(report: Report) -> Iterator[str]:
    count = len(report.played)
    yield paragraph(
        f"{len(report.rows):,} collaborations of {report.briefs:,} briefs in"
        f" {count} quarter{'s' * (count != 1)}.",
        "quiet",
    )
    yield f'<div class="notice">{escape(CHOSEN)}</div>'
    if TRUTH in report.rows.probability:
        yield f'<div class="notice">{escape(SIMULATED)}</div>'


def _glance(report: Report) -> str:
    """Return the headline: every rival beside Credence."""
    own, ranks = report.figures.probability, report.figures.ranking
    every = (CREDENCE, LOGISTIC, ENGAGEMENT, FOLLOWERS, RANDOM)
    n = f"{len(report.rows):,} collaborations"
    rows = [
        (MEASURES[name][0], *(_or_constant(own, one, name) for one in every), n)
        for name in (*COMPARED, "calibration_intercept")
    ]
    for name, text in (
        (f"precision_at_{GLANCE}", f"reached their goal, first {GLANCE} of a brief"),
        (f"conversions_at_{GLANCE}", f"conversions, first {GLANCE} of a brief"),
        (f"ndcg_at_{GLANCE}", f"NDCG, first {GLANCE} of a brief"),
        (f"cost_per_conversion_at_{GLANCE}", f"cost per conversion, first {GLANCE} of a brief"),
    ):
        n = f"{ranks[name][CREDENCE].n:,} briefs"
        rows.append((text, *(cell(ranks[name][one]) for one in every), n))
    head = ("", *(NAMES[one] for one in every[:-1]), "constant, or random", "n")
    return table("At a glance, with 90 % intervals", head, rows)


def _or_constant(found: Mapping[str, Mapping[str, Metric]], name: str, measure: str) -> str:
    """Return a forecaster's figure; the order that knows nothing stands beside the constant."""
    return cell(found.get(CONSTANT if name == RANDOM else name, {}).get(measure))


def _quarters(report: Report) -> Iterator[str]:
    yield "<h2>How it was done</h2>"
    yield paragraph(METHOD.format(as_of=report.params["as_of"][:16].replace("T", " ") + " UTC"))
    yield paragraph(INTERVALS.format(replicates=REPLICATES))
    yield paragraph(RIVALS.format(columns=", ".join(PLAIN)))
    rows = []
    for one in report.played:
        found = report.figures.quarters[one.quarter.name]
        rows.append(
            (
                escape(one.quarter.name),
                f"{len(one.known):,}",
                f"{one.agreed:,}",
                f"{len(one.asked):,}",
                *(cell(found[name]["log_loss"]) for name in FORECASTERS),
                cell(found[CREDENCE]["auc"]),
                cell(found[CREDENCE]["calibration_slope"]),
                cell(found[CREDENCE]["calibration_intercept"]),
            )
        )
    losses = (f"log-loss, {NAMES[name]}" for name in FORECASTERS)
    head = ("quarter", "matured before", "agreed", "judged", *losses, "AUC", "slope", "intercept")
    yield table("Quarter by quarter; AUC, slope and intercept are Credence's", head, rows)
    for line in told(report.skipped):
        yield paragraph(f"Skipped: {line}.")
    if any(one.without_audits for one in report.played):
        names = ", ".join(one.quarter.name for one in report.played if one.without_audits)
        yield paragraph(
            f"No audit was known before {names}: the audience model learned from the built-in"
            " world there."
        )


def _probability(report: Report, seed: int) -> Iterator[str]:
    found, less = report.figures.probability, report.figures.less
    yield "<h2>The probability</h2>"
    head = ("", *(_simulated(name) for name in found), *(f"less {NAMES[one]}" for one in less))
    rows = [
        (
            MEASURES[name][0],
            *(cell(one.get(name)) for one in found.values()),
            *(cell(one.get(name), better=MEASURES[name][1]) for one in less.values()),
        )
        for name in PROBABILITY
    ]
    yield table(f"n = {len(report.rows):,}; at the right, Credence less each rival", head, rows)
    yield paragraph(
        "The bootstrap of the expected calibration error leans upwards: an error cannot be below"
        " zero, and fewer distinct briefs make it larger."
    )
    yield picture(
        plots.calibration(report.rows, seed),
        "Observed share against predicted probability",
        "Reliability: bins of equal mass with 90 % intervals; on the grey line what was promised"
        " came true. Below, how the probabilities are spread.",
    )
    yield "<h3>From quarter to quarter</h3>"
    yield pictures(
        picture(
            plots.log_loss(report.figures),
            "Log-loss by quarter",
            "Log-loss, with 90 % intervals.",
        ),
        picture(
            plots.intercept(report.figures),
            "Calibration intercept by quarter",
            "What all of Credence's log-odds lacked: above zero the predictions were too low.",
        ),
    )
    counts = [(COUNT[name], cell(one)) for name, one in report.figures.count.items()]
    yield table(f"The count; n = {len(report.rows):,}", ("", "Credence"), counts)
    if report.figures.truth:
        rows_ = [(TRUTHS[name], cell(one)) for name, one in report.figures.truth.items()]
        yield table(
            f"Simulated: against the truth; n = {len(report.rows):,}", ("", "simulated"), rows_
        )


def _simulated(name: str) -> str:
    return f"{NAMES[name]} (simulated)" if name == TRUTH else NAMES[name]


def _footer(report: Report) -> str:
    facts = {**report.params, **report.origin}
    told_ = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    return (
        f"<footer>{escape(told_)}. Beside this page: metrics.json, every figure with its interval"
        " and n; predictions.parquet, every judged collaboration.</footer>"
    )
