"""What a change is that a card may offer, before and after it is built.

A change is decided by a rule and built only if its card is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from cards.drafts import Json
from cards.records import record


@record
class Action:
    """One CDS Hooks action; ``description`` is what the user reads in clients that hide the label."""

    type: str
    description: str
    resource: Json | None = None
    resource_id: str | None = None


@record
class Offer:
    """The words of one suggestion, from ``[offers.<key>]`` on the rule's page, blanks filled."""

    label: str
    note: str = ""


@record
class Change:
    """One suggestion before it is built. ``key`` names its words on the page, ``values`` fill their blanks.

    ``make`` gets the patient's reference and the finished words. ``schedule`` is the id of the titration schedule it
    follows, where it follows one.
    """

    key: str
    make: Callable[[str, Offer], Sequence[Action]] = field(repr=False, compare=False)
    is_recommended: bool = False
    values: tuple[tuple[str, str], ...] = ()
    schedule: str = ""

    def following(self, schedule: str) -> Change:
        """The same as a part of that titration schedule."""
        return Change(self.key, self.make, self.is_recommended, self.values, schedule)


def updated(said: Offer, edited: Json) -> Sequence[Action]:
    """The action that puts the edited resource in the place of the client's."""
    return (Action("update", said.label, resource=edited),)
