"""What a feature is: a kernel with a name, a unit, bounds, a window and a definition."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of X.

    Parameters
    ----------
    name : str
        Column name: what, then the window in days.
    family : str
        growth, engagement, audience or fit.
    unit : str
        Unit of the value.
    bounds : tuple of float
        Lowest and highest value, both possible; infinite where nothing bounds it.
    window_days : int or None
        The window is [as_of - days, as_of); None where the whole visible history counts.
    definition : str
        The formula in a sentence, then its conditions: the docstring of the function.
    text : str
        A few words for a marketer.
    needs : tuple of str
        History tables without whose visible rows the value is unknown.
    monotone : int
        +1 or -1 where the field agrees on the direction of its effect on conversion, else 0.
    function : callable
        The kernel part that computes it, from a view and (with a window) the days.
    """

    name: str
    family: str
    unit: str
    bounds: tuple[float, float]
    window_days: int | None
    definition: str
    text: str
    needs: tuple[str, ...]
    monotone: int
    function: Callable[..., float]

    @property
    def hash(self) -> str:
        """SHA-256 of name, unit, window and definition: what a model that uses it relies on."""
        parts = (self.name, self.unit, str(self.window_days), self.definition)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(slots=True)
class Family:
    """The features of one family in order of definition, no name twice."""

    name: str
    features: list[Feature] = field(default_factory=list)

    def feature(
        self,
        *,
        unit: str,
        text: str,
        bounds: tuple[float, float] = (0.0, math.inf),
        windows: Sequence[int] = (),
        needs: Sequence[str] = (),
        monotone: int = 0,
    ) -> Callable[[Callable[P, float]], Callable[P, float]]:
        """Declare a kernel part a feature, once for each window.

        Parameters
        ----------
        unit, text, bounds, needs, monotone
            As in `Feature`; `text` and the docstring may hold `{days}`.
        windows : sequence of int
            Days of each window; empty where the whole visible history counts.

        Returns
        -------
        callable
            A decorator that returns its argument.

        Raises
        ------
        ValueError
            If the family has a feature of that name.
        """

        def declare(function: Callable[P, float]) -> Callable[P, float]:
            definition = " ".join((function.__doc__ or "").split())
            for days in windows or (None,):
                name = function.__name__ + (f"_{days}d" if days else "")
                if any(other.name == name for other in self.features):
                    raise ValueError(f"features.{self.name}: {name} is declared twice; rename one")
                self.features.append(
                    Feature(
                        name=name,
                        family=self.name,
                        unit=unit,
                        bounds=bounds,
                        window_days=days,
                        definition=definition.format(days=days),
                        text=text.format(days=days),
                        needs=tuple(needs),
                        monotone=monotone,
                        function=function,
                    )
                )
            return function

        return declare
