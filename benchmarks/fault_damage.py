"""Ways in which the files of a bundle, and the text of its trees, are damaged."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random


def _flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 8))):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed) if bytes(changed) != data else _flipped(data, random)


CONTENT: dict[str, Callable[[bytes, Random], bytes]] = {
    "flipped": _flipped,
    "cut off": lambda data, random: data[: random.randrange(len(data))],
    "line ends": lambda data, _: data.replace(b"\n", b"\r\n"),
    "longer": lambda data, random: data + random.randbytes(random.randrange(1, 9)),
}


def altered(folder: Path, random: Random) -> str:
    """Damage one file of a bundle that lies in a folder; return how."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, other = random.sample(files, 2)
    how = random.choice((*CONTENT, "swapped", "left out", "added", "link"))
    if how in CONTENT:
        if how == "line ends":
            path = random.choice([one for one in files if b"\n" in one.read_bytes()])
        path.write_bytes(CONTENT[how](path.read_bytes(), random))
    elif how == "swapped":
        while other.read_bytes() == path.read_bytes():
            path, other = random.sample(files, 2)
        spare = path.rename(path.with_name("spare"))
        other.rename(path)
        spare.rename(other)
    elif how == "added":
        path.with_name(random.choice(("model.pkl", "x.json", ".hidden"))).write_bytes(b"x")
    else:
        path.unlink()
        if how == "link":
            path.symlink_to(other)
    return how


def _numbers(text: str, field: str, change: Callable[[list[str], Random], None], r: Random) -> str:
    """Return a model's text with the numbers of one field of one tree changed."""
    found = [one for one in re.finditer(rf"^{field}=(.+)$", text, re.M) if " " in one[1]]
    one = r.choice(found)
    words = one[1].split(" ")
    change(words, r)
    return text[: one.start(1)] + " ".join(words) + text[one.end(1) :]


def _put(value: str) -> Callable[[list[str], Random], None]:
    def change(words: list[str], random: Random) -> None:
        words[random.randrange(len(words))] = value

    return change


def _first(words: list[str], _: Random) -> None:
    words[-1] = "0"


def _shorter(words: list[str], _: Random) -> None:
    words.pop()


STRUCTURE: dict[str, Callable[[str, Random], str]] = {
    "cycle to the root": lambda t, r: _numbers(t, "left_child", _first, r),
    "cycle to itself": lambda t, r: _numbers(t, "right_child", _put("1"), r),
    "leaf twice": lambda t, r: _numbers(t, "left_child", _put("-1"), r),
    "node out of range": lambda t, r: _numbers(t, "right_child", _put("70000"), r),
    "leaf out of range": lambda t, r: _numbers(t, "left_child", _put("-70000"), r),
    "column out of range": lambda t, r: _numbers(t, "split_feature", _put("70000"), r),
    "negative column": lambda t, r: _numbers(t, "split_feature", _put("-3"), r),
    "NaN threshold": lambda t, r: _numbers(t, "threshold", _put("nan"), r),
    "infinite leaf": lambda t, r: _numbers(t, "leaf_value", _put("inf"), r),
    "word for a number": lambda t, r: _numbers(t, "leaf_value", _put("many"), r),
    "rows that do not add up": lambda t, r: _numbers(t, "internal_count", _put("3"), r),
    "a number short": lambda t, r: _numbers(t, "threshold", _shorter, r),
    "cut off": lambda t, r: t[: r.randrange(len(t) * 9 // 10)],
    "line ends": lambda t, _: t.replace("\n", "\r\n"),
    "size of a tree": lambda t, r: t.replace("tree_sizes=", f"tree_sizes={r.randrange(1, 9)}", 1),
    "categories": lambda t, _: t.replace("num_cat=0", "num_cat=5", 1),
    "no shrinkage": lambda t, _: t.replace("shrinkage=", "shrinkage=x", 1),
    "huge tree": lambda t, _: re.sub(r"num_leaves=\d+", "num_leaves=100000000", t, count=1),
    "columns of another": lambda t, _: re.sub(r"max_feature_idx=\d+", "max_feature_idx=3", t),
    "no trees": lambda t, _: re.sub(r"(?s)\nTree=.*\nend of trees", "\nend of trees", t),
}
