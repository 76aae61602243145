"""Hostile bodies: what is no JSON, too much of it, or JSON that breaks the contract."""

from serving.contract import MOST_BYTES, MOST_CREATORS, MOST_FOLLOWERS, MOST_HISTORY_ROWS
from serving.problems import Problem
from tests.serving.hostile import (
    DIGITS,
    NO_ID,
    NO_OPTION,
    NO_TIME,
    TOO_DEEP,
    TOO_LARGE,
    WORD,
    Row,
    account,
    breaks,
    brief,
    history,
    junk,
    score,
    snapshot,
)

FOLLOWERS = "/creators/0/history/snapshots/0/followers"
AS_OF, REASONS, ID, FEE = "/as_of", "/reasons", "/creators/0/creator_id", "/creators/0/fee"
LARGE = f"Expected `int` <= {2**53}"

BODIES: list[Row] = [
    # What is no JSON
    junk("100,000 lists", b'{"creators": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", TOO_DEEP),
    junk("100,000 objects", b'{"%s":' % WORD.encode() * 100_000 + b"1" + b"}" * 100_000, TOO_DEEP),
    junk("100,000 lists in what is unknown", score(f', "{WORD}": ' + "[" * 100_000), TOO_DEEP),
    junk(
        "1,500 levels in what is unknown", score(f', "{WORD}": {"[" * 1500}{"]" * 1500}'), TOO_DEEP
    ),
    junk("8 MiB of lists", b"[" * MOST_BYTES, TOO_DEEP),
    junk("8 MiB of commas", b'{"creators": [' + b"," * (MOST_BYTES - 14)),
    junk("UTF-8 that begins with a mark", b"\xef\xbb\xbf" + score()),
    junk("UTF-16", score().decode().encode("utf-16")),
    junk("UTF-32", score().decode().encode("utf-32")),
    junk("UTF-16 without a mark", score().decode().encode("utf-16-le")),
    junk("UTF-7", score().replace(b'"', b"+ACI-")),
    junk("lone high surrogate", score(', "brief_id": "\\ud83d"')),
    junk("lone low surrogate", score(', "brief_id": "\\udc00"')),
    junk("surrogate in bytes", score().replace(b"}", b', "x": "\xed\xa0\x80"}')),
    junk("overlong UTF-8", score().replace(WORD.encode(), WORD.encode() + b"\xc0\xaf")),
    junk("NaN", score(', "reasons": NaN')),
    junk("minus infinity", score(creator=', "fee": -Infinity')),
    junk("plus infinity", score(creator=', "fee": +Infinity')),
    junk("number with a plus", score(', "reasons": +1')),
    junk("number with a point at its end", score(', "reasons": 1.')),
    junk("number without a digit before its point", score(', "reasons": .5')),
    junk("number without an exponent", score(', "reasons": 1e')),
    junk("numeral of another script", score(', "reasons": \u0663')),
    junk("single quotes", score().replace(b'"', b"'")),
    junk("name without quotes", score().replace(b'"creators"', b"creators")),
    junk("None", score(', "brief": None')),
    junk("number with zeros before it", score(', "reasons": 031337')),
    junk("hexadecimal number", score(', "reasons": 0x31337')),
    junk("tab in a text", score(', "brief_id": "\t"')),
    junk("unknown escape", score(', "brief_id": "\\x41"')),
    junk("comment", score(f" /* {WORD} */")),
    junk("comma at the end", score(",")),
    junk("zero byte in a text", score(', "brief_id": "\0"')),
    junk("zero byte in front", b"\0" + score()),
    junk("spaces alone", b" \r\n\t"),
    junk("garbage at the end", score() + WORD.encode()),
    junk("prefix against theft", b")]}',\n" + score()),
    junk("form", b"creators=" + WORD.encode()),
    junk("zero byte at the end", score() + b"\0"),
    junk("two texts", score() + score()),
    junk("cut off", score()[:-1]),
    junk("nothing", b""),
    junk("8 MiB and one byte", score().ljust(MOST_BYTES + 1), TOO_LARGE),
    # Too many
    junk(
        "too many creators",
        b'{"creators": [' + b",".join([b'{"creator_id": "a"}'] * (MOST_CREATORS + 1)) + b"]}",
        Problem(413, "a request scores at most 500 creators: send several requests"),
    ),
    junk(
        "too many rows",
        history(
            "outcomes",
            ",".join(
                ['{"collaboration_id": "a", "observed_at": "2026-01-01T00:00:00Z"}']
                * MOST_HISTORY_ROWS
            ),
        ),
        Problem(413, "a request holds at most 20000 history rows in all"),
    ),
    Row(
        "too many followers",
        Problem(413, "a request audits at most 10000 followers: send a sample"),
        path="/v1/audit",
        body=b'{"followers": [' + b",".join([account("")[15:-2]] * (MOST_FOLLOWERS + 1)) + b"]}",
    ),
    # What the contract does not know
    breaks("unknown field", score(f', "{WORD}": 1'), "", "unknown field"),
    breaks("prototype", score(', "__proto__": {}'), "", "unknown field"),
    breaks("field in capitals", score(', "Reasons": 1'), "", "unknown field"),
    breaks(
        "unknown field of a creator",
        score(creator=f', "{WORD}": 1'),
        "/creators/0",
        "unknown field",
    ),
    breaks(
        "unknown table",
        history(WORD, ""),
        "/creators/0/history",
        "unknown field",
    ),
    breaks(
        "unknown field of a row",
        snapshot("1", f', "{WORD}": 1'),
        "/creators/0/history/snapshots/0",
        "unknown field",
    ),
    breaks("unknown field of a brief", brief(f', "{WORD}": 1'), "/brief", "unknown field"),
    breaks(
        "unknown field of an account",
        account(f', "{WORD}": 1'),
        "/followers/0",
        "unknown field",
        "/v1/audit",
    ),
    # Every copy of a repeated name is checked, not just the one that counts
    breaks(
        "repeated name, the first wrong",
        score(creator=', "fee": -1, "fee": 1'),
        FEE,
        "Expected `float` >= 0.0",
    ),
    breaks(
        "repeated name, the last wrong",
        score(creator=', "fee": 1, "fee": -1'),
        FEE,
        "Expected `float` >= 0.0",
    ),
    # Wrong types
    breaks("list for an object", b"[]", "", "Expected `object`, got `array`"),
    breaks("text for an object", f'"{WORD}"'.encode(), "", "Expected `object`, got `str`"),
    breaks(
        "null for a creator",
        b'{"creators": [null]}',
        "/creators/0",
        "Expected `object`, got `null`",
    ),
    breaks("true for a count", snapshot("true"), FOLLOWERS, "Expected `int | float`, got `bool`"),
    breaks("text for a count", snapshot('"31337"'), FOLLOWERS, "Expected `int | float`, got `str`"),
    breaks("count just below zero", snapshot("-1e-320"), FOLLOWERS, "Expected `float` >= 0.0"),
    breaks("negative count", snapshot("-31337"), FOLLOWERS, "Expected `int` >= 0"),
    breaks(
        "half a count", snapshot("31337.5"), FOLLOWERS, "Expected `float` that's a multiple of 1.0"
    ),
    breaks("count beyond 2^53", snapshot(str(2**53 + 1)), FOLLOWERS, LARGE),
    breaks(
        "count of 5,000 digits", snapshot(DIGITS * 1000), FOLLOWERS, "Integer value out of range"
    ),
    breaks("count beyond floats", snapshot("31337e400"), FOLLOWERS, "Number out of range"),
    breaks(
        "fee of 5,000 digits",
        score(creator=f', "fee": {DIGITS * 1000}'),
        FEE,
        "Number out of range",
    ),
    breaks(
        "true for money", score(creator=', "fee": true'), FEE, "Expected `float | null`, got `bool`"
    ),
    breaks(
        "text for a number", score(', "reasons": "1"'), REASONS, "Expected `int | float`, got `str`"
    ),
    breaks("number beyond its range", score(', "reasons": 31337'), REASONS, "Expected `int` <= 20"),
    breaks(
        "number for a flag",
        account(', "is_private": 1'),
        "/followers/0/is_private",
        "Expected `bool | null`, got `int`",
        "/v1/audit",
    ),
    breaks(
        "unknown word",
        score(creator=f', "compensation": "{WORD}"'),
        "/creators/0/compensation",
        NO_OPTION,
    ),
    breaks(
        "unknown country",
        brief(', "target_countries": {"XX": 31337}'),
        "/brief/target_countries",
        NO_ID,
    ),
    breaks(
        "number for an id",
        b'{"creators": [{"creator_id": 31337}]}',
        ID,
        "Expected `str`, got `int`",
    ),
    breaks("empty id", b'{"creators": [{"creator_id": ""}]}', ID, NO_ID),
    breaks("id with a line end", b'{"creators": [{"creator_id": "c4n4ry\\n"}]}', ID, NO_ID),
    breaks("id in another script", '{"creators": [{"creator_id": "c4n4rу"}]}'.encode(), ID, NO_ID),
    breaks("id of full width", '{"creators": [{"creator_id": "c4n4ry１"}]}'.encode(), ID, NO_ID),
    breaks("id with a space", b'{"creators": [{"creator_id": "c4n4ry x"}]}', ID, NO_ID),
    breaks("id with a zero byte", b'{"creators": [{"creator_id": "c4n4ry\\u0000"}]}', ID, NO_ID),
    breaks("id that turns around", b'{"creators": [{"creator_id": "c4n4ry\\u202e"}]}', ID, NO_ID),
    breaks("id of 129", f'{{"creators": [{{"creator_id": "{WORD:a<129}"}}]}}'.encode(), ID, NO_ID),
    # Moments
    breaks("year 0", score(', "as_of": "0000-01-01T00:00:00Z"'), AS_OF, NO_TIME),
    breaks("year of five digits", score(', "as_of": "31337-01-01T00:00:00Z"'), AS_OF, NO_TIME),
    breaks("leap second", score(', "as_of": "2016-12-31T23:59:60Z"'), AS_OF, NO_TIME),
    breaks("hour 24", score(', "as_of": "2026-01-01T24:00:00Z"'), AS_OF, NO_TIME),
    breaks("30 February", score(', "as_of": "2026-02-30T00:00:00Z"'), AS_OF, NO_TIME),
    breaks("offset of a day", score(', "as_of": "2026-01-01T00:00:00+24:00"'), AS_OF, NO_TIME),
    breaks("no time", score(f', "as_of": "{WORD}"'), AS_OF, NO_TIME),
    breaks(
        "number for a time",
        score(', "as_of": 31337'),
        AS_OF,
        "Expected `datetime | null`, got `int`",
    ),
]
