"""What is wrong with an input, in words that name the place and the remedy."""

from pathlib import Path

from features.columns import Schema


class InputError(ValueError):
    """An input cannot be used; the message names place, value, expectation and remedy.

    Parameters
    ----------
    message : str
        The whole sentence shown to a person.
    table, column, rule : str, optional
        Where and why, for callers that must not repeat the value itself.
    row : int, optional
        Zero-based position of the row in its table or file.
    """

    def __init__(
        self,
        message: str,
        *,
        table: str | None = None,
        column: str | None = None,
        row: int | None = None,
        rule: str | None = None,
    ) -> None:
        super().__init__(message)
        self.table = table
        self.column = column
        self.row = row
        self.rule = rule


class UnknownColumnWarning(UserWarning):
    """A table has columns that Credence does not know; they are ignored."""


def unreadable(path: Path, schema: Schema, error: Exception) -> InputError:
    """Return the error for a file that cannot be read.

    Parameters
    ----------
    path : Path
    schema : Schema
    error : Exception
        What reading it raised.

    Returns
    -------
    InputError
    """
    detail = str(error).partition("\n")[0][:200]
    kind = "CSV" if path.suffix.lower() == ".csv" else "Parquet"
    return InputError(
        f"{path} cannot be read as {kind}: {detail}. Check that the file is complete, or write "
        "it again.",
        table=schema.name,
    )
