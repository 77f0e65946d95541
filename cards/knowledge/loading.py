"""All tables together, loaded once when the house opens."""

from __future__ import annotations

from dataclasses import dataclass

from cards.allergies import Excipient
from cards.knowledge.conditions import ConditionTable
from cards.knowledge.editions import Edition
from cards.knowledge.excipients import ExcipientTable
from cards.knowledge.labs import LabTable
from cards.knowledge.medications import Formulary
from cards.knowledge.mentions import Mentions
from cards.knowledge.procedures import ProcedureTable


@dataclass(frozen=True)
class Knowledge:
    """What codes and words mean."""

    formulary: Formulary
    conditions: ConditionTable
    labs: LabTable
    excipients: ExcipientTable
    mentions: Mentions
    procedures: ProcedureTable

    @classmethod
    def load(cls, rxnorm: Edition | None = None) -> Knowledge:
        """Read every table the package ships; raises ``HouseError`` when one of them is not sound.

        ``rxnorm`` is an edition that the site brought itself.
        """
        return cls(
            formulary=Formulary.load(rxnorm),
            conditions=ConditionTable.load(),
            labs=LabTable.load(),
            excipients=ExcipientTable.load(),
            mentions=Mentions.load(),
            procedures=ProcedureTable.load(),
        )

    def excluded_excipients(self, text: str) -> frozenset[Excipient]:
        """The excipients a pharmacy is asked to leave out ("no lactose", "dye-free")."""
        return self.excipients.excluded_in(text)
