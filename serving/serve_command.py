"""`credence serve`: its options."""

from pathlib import Path

import click

from serving.options import examples

_EXAMPLES = (
    "serve",
    "serve --port 8080 --workers 4 --log predictions",
    "serve --cors https://shop.example",
)


@click.command(epilog=examples(*_EXAMPLES))
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), default=3000)
@click.option("--workers", type=click.IntRange(1), default=1)
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep a Parquet log of the predictions here.",
)
@click.option(
    "--cors",
    multiple=True,
    metavar="ORIGIN",
    help="Let browsers show answers to pages of this origin; may be given several times.",
)
@click.option("--example", is_flag=True, help="Print a request to try, with its answer.")
def serve(
    *, host: str, port: int, workers: int, log: Path | None, cors: tuple[str, ...], example: bool
) -> None:
    """Answer score requests over HTTP with the champions and the published store."""
    from serving.launch import serve as run

    run(host=host, port=port, workers=workers, log=log, cors=cors, example=example)
