"""The few pieces of statistics that the desk shows, each with where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054
"""The standard normal quantile of 97.5 %, for two-sided intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, as counted."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1; nothing where nothing was counted."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval of 95 % (Wilson 1927, J Am Stat Assoc 22:209), which holds for small counts too.

        >>> low, high = Share(18, 20).interval
        >>> round(low, 3), round(high, 3)
        (0.699, 0.972)
        """
        if not self.whole:
            return None
        n, share = self.whole, self.part / self.whole
        middle = share + _Z**2 / (2 * n)
        spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        scale = 1 + _Z**2 / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least that share of the values do not exceed; ``values`` are sorted.

    >>> quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99), quantile([], 0.5)
    (2, 4, None)
    """
    if not values:
        return None
    at = -(-share * len(values) // 1)  # rounded up
    return values[max(0, int(at) - 1)]


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two reviewers' judgements of the same things (Cohen 1960, Educ Psychol Meas 20:37).

    How far they agree beyond what chance alone would give; nothing where there is no pair, or chance explains all.

    >>> kappa([("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no")])
    0.5
    >>> kappa([("yes", "yes")]) is None
    True
    """
    if not pairs:
        return None
    n = len(pairs)
    seen = sum(first == second for first, second in pairs) / n
    words = {word for pair in pairs for word in pair}
    firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
    chance = sum(firsts.count(word) * seconds.count(word) for word in words) / n**2
    return None if chance == 1 else (seen - chance) / (1 - chance)
