"""How amounts, dates and lists read on a card.

Leading zero, no trailing zero, a no-break space between number and unit, dates a reader in any country can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

NBSP = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHOWN = 2
_LONGEST_QUOTE = 60
_MOST_DECIMALS, _LEAST_DECIMALS, _DIGITS = 4, 2, 4
_THOUSAND = Decimal(1000)
_DAYS_OF_A_WEEK = 7
_HOURS_OF_A_DAY = 24


def day(when: date | None) -> str:
    """A date in words.

    >>> day(date(2026, 11, 5))
    'Nov 5, 2026'
    """
    return "an unknown date" if when is None else f"{_MONTHS[when.month - 1]} {when.day}, {when.year}"


@lru_cache(maxsize=1024)  # a card tells the same few doses again and again
def number(value: Decimal | int) -> str:
    """A number without trailing zeros or exponent; what a division left without end is told to four digits.

    >>> number(Decimal("4.50")), number(Decimal("1E+1"))
    ('4.5', '10')
    >>> number(Decimal(5) / 3), number(Decimal("0.0125")), number(Decimal(1) / 30)
    ('1.667', '0.0125', '0.03333')
    """
    told = Decimal(value)
    exponent = told.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_MOST_DECIMALS:
        places = max(_LEAST_DECIMALS, _DIGITS - 1 - told.adjusted())
        told = told.quantize(Decimal(1).scaleb(-places))
    text = format(told, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def milligrams(value: Decimal) -> str:
    r"""An amount of medicine; below a thousandth of a gram's thousandth it is told in micrograms.

    >>> milligrams(Decimal("1.50")), milligrams(Decimal("0.0005"))
    ('1.5\xa0mg', '0.5\xa0mcg')
    """
    if value and value < Decimal("0.01"):
        return f"{number(value * _THOUSAND)}{NBSP}mcg"
    return f"{number(value)}{NBSP}mg"


def micrograms(mg: Decimal) -> str:
    r"""An amount of medicine that is always told in micrograms, such as thyroid hormone.

    >>> micrograms(Decimal("0.075"))
    '75\xa0mcg'
    """
    return f"{number(mg * _THOUSAND)}{NBSP}mcg"


def days(count: int) -> str:
    r"""A number of days.

    >>> days(1), days(14)
    ('1\xa0day', '14\xa0days')
    """
    return f"{count}{NBSP}day" if count == 1 else f"{count}{NBSP}days"


def weeks(count: int) -> str:
    r"""A number of days told in weeks, where they are whole.

    >>> weeks(7), weeks(28), weeks(30)
    ('1\xa0week', '4\xa0weeks', '30\xa0days')
    """
    if not count or count % _DAYS_OF_A_WEEK:
        return days(count)
    told = count // _DAYS_OF_A_WEEK
    return f"{told}{NBSP}week" if told == 1 else f"{told}{NBSP}weeks"


def hours(count: int) -> str:
    r"""A number of days told in hours.

    >>> hours(3)
    '72\xa0hours'
    """
    return f"{count * _HOURS_OF_A_DAY}{NBSP}hours"


def entries(count: int) -> str:
    r"""A number of entries of a medication list.

    >>> entries(1), entries(3)
    ('1\xa0list entry', '3\xa0list entries')
    """
    return f"{count}{NBSP}list entry" if count == 1 else f"{count}{NBSP}list entries"


def years(count: int) -> str:
    r"""An age.

    >>> years(1), years(12)
    ('1\xa0year', '12\xa0years')
    """
    return f"{count}{NBSP}year" if count == 1 else f"{count}{NBSP}years"


def kilograms(value: Decimal) -> str:
    r"""A body weight, to a tenth of a kilogram.

    >>> kilograms(Decimal("30.04"))
    '30\xa0kg'
    """
    return f"{number(value.quantize(Decimal('0.1')))}{NBSP}kg"


def times(ratio: Decimal) -> str:
    """How many times something is something else, to a tenth.

    >>> times(Decimal("7")), times(Decimal("3.14"))
    ('7 times', '3.1 times')
    """
    return f"{number(ratio.quantize(Decimal('0.1')))} times"


def listed(names: Iterable[str]) -> str:
    """Names in a row, the first two and a count of the rest, each once.

    >>> listed(["oxycodone", "tramadol", "codeine"])
    'oxycodone, tramadol and 1 more'
    >>> listed(["oxycodone", "oxycodone"])
    'oxycodone'
    """
    unique = list(dict.fromkeys(names))
    if len(unique) <= 1:
        return "".join(unique)
    if len(unique) == _SHOWN:
        return " and ".join(unique)
    return f"{', '.join(unique[:_SHOWN])} and {len(unique) - _SHOWN} more"


def quoted(text: str) -> str:
    """Free text of a chart in a code span, where no Markdown, markup or link can come alive, cut to sixty characters.

    >>> quoted("a `tick` and <b>more</b>")
    "`a 'tick' and <b>more</b>`"
    """
    printable = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    clean = " ".join(printable.split()).replace("`", "'")
    if len(clean) > _LONGEST_QUOTE:
        clean = clean[: _LONGEST_QUOTE - 1] + "…"
    return f"`{clean}`" if clean else "`(no text)`"


def bullets(lines: Sequence[str]) -> str:
    """Lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)
