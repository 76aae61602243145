"""`credence keys`: makes, lists, rotates and revokes the keys of the service."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from serving.options import examples
from serving.scopes import LABEL, MOST_PER_MINUTE, SCOPES, SCORE, ScopeName

if TYPE_CHECKING:
    from serving.keys import Key

PER_MINUTE = 600
DAYS = 365
LONGEST_GRACE = 7 * 24 * 60

_QUOTA = click.IntRange(1, MOST_PER_MINUTE)

Command = Callable[..., Any]
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_no_expiry = click.option("--no-expiry", is_flag=True, help="It never expires.")


def _days(text: str, default: int | None = None) -> Callable[[Command], Command]:
    return click.option("--days", type=click.IntRange(1, 3650), default=default, help=text)


@click.group(
    epilog=examples(
        "keys create --scope score --scope read --label shop",
        "keys list",
        "keys rotate 0f3a5c7e9b1d --grace 60",
        "keys revoke 0f3a5c7e9b1d",
    )
)
def keys() -> None:
    """Make, list, rotate and revoke the bearer keys that `credence serve` asks for.

    Without any key the server answers its own machine only. Running servers follow a change
    within seconds.
    """


@keys.command(
    epilog=examples(
        "keys create",
        "keys create --scope metrics --no-expiry",
        "keys create --per-minute 6000 > key",
    )
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=(SCORE,),
    help="What it may be used for; may be given several times.",
)
@_days("Expires after so many days.", DAYS)
@_no_expiry
@click.option("--per-minute", type=_QUOTA, default=PER_MINUTE, help="Requests.")
@click.option(
    "--burst",
    type=_QUOTA,
    help="Requests at once after a pause.  [default: a sixth of --per-minute]",
)
@click.option("--label", metavar="TEXT", help="Whose it is: up to 64 of A-Za-z0-9 ._:@-")
@_as_json
def create(
    *,
    scopes: tuple[ScopeName, ...],
    days: int,
    no_expiry: bool,
    per_minute: int,
    burst: int | None,
    label: str | None,
    as_json: bool,
) -> None:
    """Make a key and print it, this once, on stdout."""
    from serving import key_file
    from serving.keys import made

    if label is not None and not re.match(LABEL, label):
        raise click.BadParameter("expected up to 64 of A-Za-z0-9 ._:@-", param_hint="--label")
    now = _now()
    key, text = made(
        now,
        scopes=scopes,
        per_minute=per_minute,
        burst=burst or max(1, per_minute // 6),
        expires=None if no_expiry else now + timedelta(days=days),
        label=label,
    )
    file = key_file.path()
    with key_file.changing(file) as held:
        held.append(key)
    _hand_out(key, text, as_json)


@keys.command("list", epilog=examples("keys list", "keys list --json"))
@_as_json
def list_(*, as_json: bool) -> None:
    """List the keys: what they may do, until when, how often. Their secrets are kept nowhere."""
    from serving import key_file

    file = key_file.path()
    held, now = key_file.read(file), _now()
    if as_json:
        click.echo(_json([_plain(key, now) for key in held]))
    elif held:
        click.echo(_table([_row(key, now) for key in held]))
    else:
        click.echo(f"no keys in {file}: `credence serve` answers this machine only", err=True)


@keys.command(
    epilog=examples("keys rotate 0f3a5c7e9b1d", "keys rotate 0f3a5c7e9b1d --grace 60 --days 365")
)
@click.argument("id_", metavar="ID")
@click.option(
    "--grace",
    type=click.IntRange(0, LONGEST_GRACE),
    default=0,
    metavar="MINUTES",
    help="The present secret is taken for so long beside the new one.",
)
@_days("Expires after so many days, counted from now.  [default: when it did before]")
@_no_expiry
@_as_json
def rotate(*, id_: str, grace: int, days: int | None, no_expiry: bool, as_json: bool) -> None:
    """Give the key ID another secret and print it, this once, on stdout."""
    from serving import key_file
    from serving.keys import rotated

    now = _now()
    with key_file.changing(key_file.path()) as held:
        place = _place(held, id_)
        expires = held[place].expires if days is None else now + timedelta(days=days)
        held[place], text = rotated(
            held[place],
            now,
            until=now + timedelta(minutes=grace),
            expires=None if no_expiry else expires,
        )
        key = held[place]
    _hand_out(key, text, as_json)


@keys.command(epilog=examples("keys revoke 0f3a5c7e9b1d"))
@click.argument("id_", metavar="ID")
def revoke(*, id_: str) -> None:
    """End the key ID for good, with the secret before it."""
    from serving import key_file
    from serving.keys import revoked

    with key_file.changing(key_file.path()) as held:
        place = _place(held, id_)
        held[place] = revoked(held[place], _now())
        key = held[place]
    click.echo(f"key {key.id} is revoked", err=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _place(held: "Sequence[Key]", id_: str) -> int:
    """Return where the key is; what was given may be a secret, so that it is not repeated."""
    from features.errors import InputError

    for place, key in enumerate(held):
        if key.id == id_:
            return place
    raise InputError(
        "ID: no key has this id, which is the 12 characters after `cred_`; see `credence keys list`"
    )


def _hand_out(key: "Key", text: str, as_json: bool) -> None:
    """Print the key for a machine, and to the person at the terminal what it is."""
    click.echo(_json({"key": text, **_plain(key, _now())}) if as_json else text)
    until = f"until {_day(key.expires)}" if key.expires else "without end"
    click.echo(
        f"key {key.id} for {', '.join(key.scopes)}, {until}, {key.per_minute} requests a minute"
        f" and {key.burst} at once; it is shown this once",
        err=True,
    )


def _plain(key: "Key", now: datetime) -> dict[str, object]:
    """Return what may be told of a key."""
    return {
        "id": key.id,
        "state": key.state(now),
        "scopes": key.scopes,
        "per_minute": key.per_minute,
        "burst": key.burst,
        "created": key.created,
        "expires": key.expires,
        "rotated": key.rotated,
        "former_until": key.former.until if key.former else None,
        "revoked": key.revoked,
        "label": key.label,
    }


_HEAD = ("id", "state", "scopes", "per minute", "burst", "created", "expires", "rotated", "label")


def _row(key: "Key", now: datetime) -> tuple[str, ...]:
    days = (_day(key.created), _day(key.expires), _day(key.rotated))
    quota = (str(key.per_minute), str(key.burst))
    return (key.id, key.state(now), ",".join(key.scopes), *quota, *days, key.label or "-")


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else moment.date().isoformat()


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return lines whose columns stand below each other."""
    lines = [_HEAD, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        [text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value)).decode()
