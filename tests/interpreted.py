"""Every feature's own function on one history, uncompiled: run with NUMBA_DISABLE_JIT=1."""

import numpy as np
import pandas as pd

from features.catalogue import BASE, FIT
from features.chosen import CATALOGUE
from features.computing import spine_of, states
from features.histories import brief_rows, histories_of
from features.rows import from_rows
from features.view_creator import Moment, prepared, view_at
from features.view_deal import Deal, brief_codes, brief_seen, targets_of
from tests.strategies import CREATORS, asks_of, rows_of


def main() -> None:
    """Print one line a spine row, one number a feature."""
    rows = rows_of(11)
    asks = [{**ask, "creator_id": name} for name in CREATORS for ask in asks_of(rows, 11)]
    tables = from_rows(rows)
    spine = spine_of(tables, pd.DataFrame(asks))
    stored = states(tables, spine.creator, spine.as_of).arrays
    for i, creator in enumerate(spine.creator):
        as_of, parts = spine.as_of[i], CATALOGUE.wanted.parts
        ready = prepared(histories_of(tables), creator, as_of, as_of, parts)
        view = view_at(histories_of(tables), ready, Moment(creator, as_of, False), parts)
        briefs = brief_rows(tables.briefs)
        deal = Deal(
            creator=stored.creator[i],
            category=stored.category[i],
            breakdown=stored.breakdown[slice(*stored.breakdown_offsets[i : i + 2])],
            collaborations=stored.collaborations[slice(*stored.collaboration_offsets[i : i + 2])],
            collaboration_codes=stored.collaboration_codes[
                slice(*stored.collaboration_offsets[i : i + 2])
            ],
            brief=brief_seen(briefs, spine.brief[i], spine.as_of[i], False),
            brief_codes=brief_codes(briefs, spine.brief[i]),
            targets=targets_of(briefs, spine.brief[i]),
            compensation=spine.compensation[i],
            fee=spine.fee[i],
        )
        values = []
        for features, source in ((BASE, view), (FIT, deal)):
            for feature in features:
                days = () if feature.window_days is None else (float(feature.window_days),)
                values.append(repr(float(feature.function(source, *days))))
        print(*values)


if __name__ == "__main__":
    np.seterr(all="raise")
    main()
