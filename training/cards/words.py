"""What a card says in the same words whatever the training: purpose, protocol, bounds of use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The lasting words of one model's card.

    Parameters
    ----------
    purpose, readers : str
        What the model says, and for whom.
    hit : str
        What label 1 means.
    row : str
        What a row is, in the plural.
    protocol : str
        How it was judged.
    unseen, known : str
        What the two kinds of held-out rows are.
    uses : tuple of str
        What it must not be used for, beside what no model here must.
    limits : tuple of str
        What is known to be weak.
    """

    purpose: str
    readers: str
    hit: str
    row: str
    protocol: str
    unseen: str
    known: str
    uses: tuple[str, ...]
    limits: tuple[str, ...]


NEVER = (
    "Judging a person. A score describes an audience, and only as the share of followers that look"
    " inauthentic: somebody else may have sent them.",
    "Decisions on hiring, credit, insurance or housing, and moderation: closing, hiding or"
    " reporting accounts.",
    "Turning a creator down without a person who looks at the reasons and at the interval.",
)
"""What no model here must be used for."""

WORDS = {
    "fake_accounts": Words(
        purpose="How likely it is that a follower account is inauthentic, from what a follower list"
        " shows (counts, picture, privacy, name, length of the bio), and, from a sample of"
        " followers, the share of an audience that looks inauthentic with a 90 % interval.",
        readers="Platforms and brands that look at an audience as a whole (`credence audit`,"
        " `POST /v1/audit`), and `fake_followers`, which carries a copy.",
        hit="the source calls the account fake",
        row="labelled accounts",
        protocol="**Leave one source out** is the headline: the accounts of each source are judged"
        " by models of the other sources, as those of an audience that nobody has labelled: first"
        " the share of fakes that the source itself seems to hold is estimated, then each account"
        " is given its probability at that share. Form, trees and calibration are chosen by the"
        " same protocol. Models of given files also learn from the built-in world's accounts, which"
        " judge nothing. Beside it stands the figure *within* sources, a fifth of the accounts"
        " judged by a twin of the others, which flatters: a set's own marks help it.",
        unseen="accounts of sources that the judging model never saw",
        known="accounts of sources that it saw other accounts of",
        uses=(
            "Calling one account or its owner fake. A probability holds at its audience's"
            " estimated share, which the account's neighbours in the sample decide.",
            "Platforms that the data does not hold: what marks a fake differs between platforms.",
        ),
        limits=(
            "Public labelled sets date from 2015 to 2019; fakes that are made otherwise look"
            " otherwise. The share's interval carries a doubt about that, the single probability"
            " does not.",
            "Fakes with posts, a picture and a plausible name look like people, and people who"
            " rarely post look like fakes: no list of followers tells them apart.",
            "Columns that a sample lacks (bio, name, privacy) widen the interval.",
            "How far a share is off, by the number of sampled followers, takes whole audiences:"
            " `python -m benchmarks.share_intervals` draws them from real labels.",
        ),
    ),
    "fake_followers": Words(
        purpose="The share of a creator's followers that look inauthentic with a 90 % interval,"
        " `risk`, the probability that it is a quarter or more, and a level. Growth and engagement"
        " give the prior of the share, a sample of followers its likelihood.",
        readers="Platforms and brands that choose creators (`credence score`, `POST /v1/score`).",
        hit="an audit found a share of .25 or more",
        row="audits",
        protocol="Audits in order of time: a twin learns from those known before a moment and is"
        " judged on the audits from then on, each seen with the features and the last follower"
        " sample of its own moment. A fifth of the creators is kept from the twin altogether."
        " Figures called *history alone* leave the sample out.",
        unseen="audits of creators that the twin never saw",
        known="audits of creators that it saw earlier audits of",
        uses=(
            "Proof that a creator bought followers. Bursts have benign causes (a giveaway, a viral"
            " post, a shout-out), and a third party can send followers.",
            "Creators of a platform or tier that the slices above do not hold.",
        ),
        limits=(
            "Audits are estimates themselves; the model is as right as they are.",
            "Followers that are bought slowly leave little trace in growth: without a sample the"
            " interval is wide, and should be.",
            "A sample of the most recent or of engaged followers is not one of all followers.",
        ),
    ),
    "conversion": Words(
        purpose="The probability that a collaboration reaches its brief's conversion goal within"
        " 30 days of publishing, and the number of conversions to expect with an 80 % prediction"
        " interval.",
        readers="Platforms and brands that compare creators for one brief (`credence score`,"
        " `POST /v1/score`).",
        hit="the conversions by day 30 reached the brief's goal",
        row="mature collaborations",
        protocol="Collaborations in order of time: a twin learns from what was known of all"
        " creators before a moment (young collaborations counting for the share of their"
        " conversions that had arrived) and is judged on all collaborations agreed from then on,"
        " with features as of the agreement. A second twin that never saw a fifth of the creators"
        " is judged on theirs. The audience model that both carry was trained at the end.",
        unseen="collaborations of creators that the second twin never saw; in the plot, of creators"
        " without an earlier one",
        known="in the plot, collaborations of creators with an earlier one",
        uses=(
            "Causal claims: what a post adds to sales, or what another creator would have sold."
            " Only chosen creators have outcomes, and they were chosen for reasons.",
            "Collaborations that may not be published: every figure is conditional on publishing.",
            "Sales beyond 30 days, or counted otherwise than in the training's outcomes (clicks,"
            " codes and surveys differ by an order of magnitude).",
        ),
        limits=(
            "No public table links creators to sales: this project could judge the model on"
            " simulated worlds with known truth only, and on no real campaign.",
            "Creators and briefs unlike those that were matched before are extrapolated to.",
            "The level is that of the last 90 days of matured outcomes; it drifts.",
        ),
    ),
}

MEASURES = {
    "auc": "AUC",
    "average_precision": "Average precision",
    "log_loss": "Log-loss",
    "log_loss_constant": "Log-loss of the rows' own rate, the best constant",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope (1 is calibrated, below overconfident)",
    "calibration_intercept": "Calibration intercept (0 is calibrated)",
    "ece": "Expected calibration error",
    "base_rate": "Share of hits",
    "share_error": "Mean absolute error of the share",
    "share_coverage": "90 % intervals that hold the audited share",
    "share_width": "Mean width of the share's 90 % interval",
    "count_coverage": "80 % intervals that hold the count",
    "count_coverage_5": "The same where five or more are expected",
    "count_expected": "Mean of the expected conversions",
    "count_observed": "Mean of the conversions",
}
"""Figures in words, by their names."""

PREFIXES = {"unseen_": "unseen", "known_": "known", "history_": "history alone", "": "all"}
"""Rows or ways of scoring that figures are told apart by, by what their names begin with."""
