"""LightGBM's model text, sound and damaged."""

import re

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forest import Forest, OtherTreesError
from models.tree_text import DamagedTreesError, read
from tests.models.test_forest import asked, grown

WIDTH = 3
TEXT = grown(WIDTH, 4, seed=6, num_leaves=6)
STRUCTURE = ("num_leaves", "split_feature", "left_child", "right_child", "decision_type")


def with_field(name: str, values: str) -> str:
    """Return the text with a field of its first tree replaced."""
    return re.sub(rf"(?m)^{name}=.*$", f"{name}={values}", TEXT, count=1)


def field(name: str) -> list[str]:
    """Return the words of a field of the first tree."""
    found = re.search(rf"(?m)^{name}=(.*)$", TEXT)
    assert found is not None
    return found[1].split()


def changed(name: str, place: int, value: str) -> str:
    """Return the text with one number of its first tree replaced."""
    words = field(name)
    words[place] = value
    return with_field(name, " ".join(words))


def test_every_number_is_read() -> None:
    """Structure, thresholds, leaves and counts are those that LightGBM tells of its trees."""
    found = read(TEXT, WIDTH)
    table = lgb.Booster(model_str=TEXT).trees_to_dataframe()

    assert not found.is_mean
    for number, tree in enumerate(found.trees):
        nodes = table[table.tree_index == number].set_index("node_index")
        for split, name in enumerate(tree.feature):
            node = nodes.loc[f"{number}-S{split}"]
            assert node.split_feature == f"Column_{name}"
            assert node.threshold == tree.threshold[split]
            assert node["count"] == tree.rows[split]
            for side, child in (("left_child", tree.left), ("right_child", tree.right)):
                kind, place = ("S", child[split]) if child[split] >= 0 else ("L", ~child[split])
                assert node[side] == f"{number}-{kind}{place}"
        for place, value in enumerate(tree.leaf):
            assert nodes.loc[f"{number}-L{place}"].value == value
            assert nodes.loc[f"{number}-L{place}"]["count"] == tree.leaf_rows[place]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (changed("left_child", 1, "1"), "are no tree"),  # a split that follows itself
        (changed("right_child", 2, "0"), "are no tree"),  # back to the first
        (changed("left_child", 0, "99"), "are no tree"),
        (changed("right_child", 0, "-99"), "are no tree"),
        (with_field("left_child", " ".join(["-1"] * 5)), "are no tree"),  # one leaf many times
        (changed("split_feature", 0, "3"), "splits on columns . to 3 of 3"),
        (changed("split_feature", 0, "-1"), "splits on columns -1"),
        (changed("threshold", 0, "nan"), "holds NaN"),
        (changed("leaf_value", 0, "inf"), "an infinite leaf"),
        (changed("threshold", 0, "high"), "a number was expected"),
        (changed("leaf_count", 0, "-1"), "counts below 0 rows"),
        (changed("leaf_count", 2, "100000"), "other rows at a split"),
        (changed("internal_count", 1, "100000"), "other rows at a split"),
        (with_field("internal_count", "1 2"), "expected 5 splits"),
        (changed("num_leaves", 0, "5"), "expected 4 splits"),
        (changed("num_leaves", 0, "0"), "has no leaf"),
        (TEXT.replace("num_class=1", "num_class=2"), "several scores a row"),
        (TEXT.replace("leaf_value", "leaf"), "the text has no 'leaf_value'"),
        (TEXT[: len(TEXT) // 3], "ends before its trees do"),
        (TEXT.replace("tree_sizes=", "tree_sizes=900 "), "ends before its trees do"),
        ("", "the text ends before its trees do"),
    ],
)
def test_damage_is_refused(text: str, why: str) -> None:
    """Cycles, indices out of range, missing and foreign values are refused in words."""
    with pytest.raises(DamagedTreesError, match=why):
        read(text, WIDTH)


def test_wrong_width_is_refused() -> None:
    """Trees over other columns than the model's are refused."""
    with pytest.raises(DamagedTreesError, match="reads 3 columns, the model names 4"):
        read(TEXT, 4)


@given(st.sampled_from(STRUCTURE), st.integers(0, 5), st.integers(-20, 20))
def test_no_damage_is_followed(name: str, place: int, value: int) -> None:
    """With any number of its structure changed, a text is refused or sums to finite numbers."""
    try:
        forest = Forest(read(changed(name, place % len(field(name)), str(value)), WIDTH))
    except (DamagedTreesError, OtherTreesError):
        return
    assert np.isfinite(forest.raw(asked(WIDTH, seed=7))).all()


def test_a_categorical_split_needs_its_categories() -> None:
    """LightGBM would look them up where there are none."""
    with pytest.raises(DamagedTreesError, match="categories"):
        read(changed("decision_type", 0, "9"), WIDTH)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_cat", "2"), ("cat_boundaries", "0 9"), ("cat_boundaries", "0"), ("cat_threshold", "")],
)
def test_a_tree_with_categories_is_read_unless_they_do_not_agree(name: str, value: str) -> None:
    """Trees that LightGBM grew on categories are sound; what says otherwise of them is damage."""
    random = np.random.default_rng(0)
    X = random.integers(0, 6, (400, 1)).astype(float)
    data = lgb.Dataset(X, X[:, 0] % 2, categorical_feature=[0])
    options = {"verbose": -1, "num_leaves": 3, "min_data_per_group": 1, "num_threads": 1}
    text = lgb.train(options, data, 1).model_to_string()

    assert any(kind & 1 for kind in read(text, 1).trees[0].kind)
    with pytest.raises(DamagedTreesError, match="categories"):
        read(re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text, count=1), 1)
