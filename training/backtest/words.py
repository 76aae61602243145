"""What figures are called on the page, and which way is better."""

from collections.abc import Mapping

from training.backtest.figures import HINDSIGHT, RANDOM
from training.backtest.html import HIGHER, LOWER, NEITHER
from training.backtest.judged import ENGAGEMENT, FOLLOWERS, TRUTH
from training.backtest.replay import CONSTANT, CREDENCE, LOGISTIC

NAMES: Mapping[str, str] = {
    CREDENCE: "Credence",
    LOGISTIC: "logistic regression",
    CONSTANT: "constant",
    ENGAGEMENT: "engagement rate",
    FOLLOWERS: "followers",
    RANDOM: "random",
    HINDSIGHT: "hindsight",
    TRUTH: "truth",
}

MEASURES: Mapping[str, tuple[str, int]] = {
    "log_loss": ("log-loss, lower is better", LOWER),
    "brier": ("Brier score, lower is better", LOWER),
    "auc": ("AUC, higher is better", HIGHER),
    "calibration_slope": ("calibration slope, 1 is calibrated", NEITHER),
    "calibration_intercept": ("calibration intercept, 0 is calibrated", NEITHER),
    "ece": ("expected calibration error, lower is better", LOWER),
}

RANKING: Mapping[str, tuple[str, int]] = {
    "precision": ("reached their goal", HIGHER),
    "conversions": ("conversions", HIGHER),
    "ndcg": ("NDCG", HIGHER),
    "cost_per_conversion": ("cost per conversion", LOWER),
}

COUNT: Mapping[str, str] = {
    "expected_conversions": "conversions expected, mean",
    "observed_conversions": "conversions observed, mean",
    "interval_coverage": "counts inside their 80 % interval",
}

TRUTHS: Mapping[str, str] = {
    f"gap_closed_{CREDENCE}": "way from the constant to the truth that Credence went",
    f"gap_closed_{LOGISTIC}": "way that the logistic regression went",
    f"gap_closed_{CONSTANT}": "way that the constant of each quarter went",
    "interval_holds_truth": "true probability inside Credence's 90 % interval",
    "interval_width": "mean width of that interval",
}

CHOSEN = (
    "Outcomes exist only for creators whom a brand chose and who published. These figures say how"
    " well the answers tell such creators apart; of creators who were never chosen they say"
    " nothing, and an order is judged only among the collaborations that a brief really had. What"
    " weighting can make of that for those who were not chosen has its own part below."
)
SIMULATED = (
    "These tables are of a simulated world: no figure on this page is about real creators. What is"
    " marked as simulated was read from the world's truth, which no model sees."
)
METHOD = (
    "At the start of each quarter every model was trained anew on what was known then. Each"
    " collaboration agreed in the quarter was scored as of its agreement, and is judged if its"
    " thirtieth day after publishing had been observed by {as_of}. What became known at the start"
    " of a quarter or later reached no model of that quarter. The model of single follower"
    " accounts, which knows no time, was trained once."
)
INTERVALS = (
    "Below each figure stands its 90 % interval: the middle of {replicates} bootstrap draws of"
    " whole briefs. Differences are paired: both sides see the same draws."
)
RIVALS = (
    "The logistic regression has the nine columns an analyst would take ({columns}), unknown values"
    " at the median with an indicator each, and is trained each quarter on what had matured by"
    " then; the constant is the rate of that."
)
RANKED = (
    "Judged collaborations of one brief are sorted; of the first k, or of all where a brief has"
    " fewer, the page counts how many reached their goal, their conversions, and NDCG with"
    " conversions as the gain. Cost per conversion is the sum of the known fees over the"
    " conversions of the same collaborations, of briefs with two fees or more. Credence sorts by"
    " its probability where goals are counted and by its expected conversions elsewhere: each"
    " question is answered by the number that was made for it. Equal scores count as their exact"
    " mean over all orders, so random is no single draw. Hindsight sorts by what came of it: no"
    " order can do better."
)
DEPTH = (
    "Only briefs with more than {depth} judged collaborations tell orders apart: {deciding} of the"
    " {briefs} here."
)
DRIFT = (
    "Population stability index between what each quarter's model learned from and what the quarter"
    " brought, over tenths of the former with unknown as one more bin: from 0.10 on the"
    " distributions differ, from 0.25 on strongly. Small print: what 95 of 100 random assignments"
    " of the same briefs stay below, so a larger index is no accident. Columns that count history"
    " grow as tables do."
)
SLICED = (
    "Observed is the share that reached its goal, to be held against the mean prediction. A"
    " positive intercept says that predictions were too low. Market is the brand's country, else"
    " the one the brief targets most; a creator is new who had no matured collaboration at the"
    " start of the quarter. Of many slices, some lie off by chance."
)
