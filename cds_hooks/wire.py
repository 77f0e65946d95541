"""JSON as it travels: numbers keep the text they came with, and nothing empty leaves.

CDS Hooks forbids ``null``, ``""``, ``[]`` and ``{}`` in what a service sends, except ``services`` and ``cards``
(*Use of JSON*). A resource inside an action is FHIR's business and the client's own: nothing in it is touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Self

import msgspec

Json = dict[str, Any]

MAY_BE_EMPTY: Final = frozenset({"cards", "services"})
"""The two arrays that say "none" by being empty."""

AS_IT_IS: Final = frozenset({"resource", "overrideReasons"})
"""The member of an action that holds a FHIR resource; and the reasons of a card, a dozen small objects from the house's own
list, in which nothing is empty."""


MOST_PLACES: Final = 400
"""Before or after the point; more than a double can hold, and far more than FHIR's eighteen digits."""


class WrittenDecimal(Decimal):
    """A number whose text Python would write differently (``1e2``, ``0.0000001``), with the text it came in.

    Arithmetic with it gives a plain ``Decimal``.

    >>> WrittenDecimal("1e2") == 100, str(WrittenDecimal("1e2"))
    (True, '1e2')
    """

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Read the text, and keep it."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    def __deepcopy__(self, memo: Mapping[int, Any]) -> WrittenDecimal:
        return self

    def __reduce__(self) -> tuple[type[WrittenDecimal], tuple[str]]:
        return WrittenDecimal, (self.text,)


def exact_number(text: str) -> Decimal:
    """Read a number with a fraction or an exponent so that writing it gives the same text.

    Raises ``OverflowError`` beyond four hundred places: a few bytes of text would otherwise become a number that fills
    the memory as soon as somebody rounds it.

    >>> [str(exact_number(text)) for text in ("4.50", "1e2", "0.0000001", "-0.0")]
    ['4.50', '1e2', '0.0000001', '-0.0']
    """
    number = Decimal(text)
    if not -MOST_PLACES < number.adjusted() < MOST_PLACES:
        raise OverflowError(MOST_PLACES)
    return number if str(number) == text else WrittenDecimal(text)


def _write_other(value: object) -> msgspec.Raw | Decimal:
    if isinstance(value, WrittenDecimal):
        return msgspec.Raw(value.text.encode())
    if isinstance(value, Decimal):  # a number that carries its unit and source with it
        return Decimal(value)
    raise TypeError(type(value).__name__)


encode: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_write_other).encode
"""Write as JSON, as it is."""


def encode_tidily(value: object) -> bytes:
    """Write as JSON without a member that is empty.

    >>> encode_tidily({"cards": [], "systemActions": [], "extension": {"a": {"b": ""}}})
    b'{"cards":[]}'
    """
    return encode(_tidy(value))


def _tidy(value: Any) -> Any:
    """A list or an object without what is empty in it; anything else as it is."""
    kind = type(value)
    if kind is dict:
        kept = {}
        for key, member in value.items():
            # Texts and numbers are looked at here: a call for each would cost more than all the rest.
            kind = type(member)
            if kind in _HOLDERS and key not in AS_IT_IS:
                tidied = _tidy(member)
                if tidied or (kind is list and key in MAY_BE_EMPTY):
                    kept[key] = tidied
            elif member is not None and member != "":
                kept[key] = member
        return kept
    if kind in _HOLDERS:
        tidied = [_tidy(member) for member in value]
        return [member for member in tidied if member is not None and (member or type(member) not in _CAN_BE_EMPTY)]
    return value


_HOLDERS: Final = frozenset({dict, list, tuple})
_CAN_BE_EMPTY: Final = _HOLDERS | {str}
