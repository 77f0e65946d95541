"""Telling what each code of a release is, once its ingredients are worked out: strengths, form, release, brand, NDCs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Final

from cards.knowledge.rxnorm_names import HouseNames, form_in, release_in, strengths_in
from cds_hooks.terminology.intake import NDC_DIGITS
from cds_hooks.terminology.lines import ACTIVE, OBSOLETE, REMAPPED, Line, Tally
from cds_hooks.terminology.name_parts import AMOUNT, BRAND, QUANTITY
from cds_hooks.terminology.scratch import Scratch

_OBSOLETE_WORDS: Final = re.compile(r" (Reformulated \w+ \d{4}|Discontinued)$")
_CHAIN: Final = 12
_MOST_CACHED: Final = 2_000
_LENT: Final = frozenset({"BN", "SBDC", "SBDG"})
_NAMES_FORM: Final = frozenset({"SCD", "SBD", "SCDF", "SBDF", "SCDFP", "SBDFP", "SCDG", "SBDG", "SCDGP"})
_BRANDED: Final = frozenset({"BN", "SBD", "SBDC", "SBDF", "SBDFP", "SBDG", "BPCK"})


class Telling:
    """The lines of a release whose ingredients are known; ``tally`` counts as they are told."""

    def __init__(
        self, scratch: Scratch, house: HouseNames, by_code: Mapping[int, str], ours: Iterable[str], tally: Tally
    ) -> None:
        """Take the release, how the house calls its ingredients, by words and by code, and which of them are ours."""
        self._scratch = scratch
        self._house = house
        self._by_code = by_code
        self._ours = frozenset(ours)
        self.tally = tally

    def lines(self) -> Iterator[Line]:
        """Every code that is known: the others, our medicines with all there is to tell, old codes, NDCs."""
        house = self._by_code
        ours: dict[int, Line] = {}
        for line in self._known(house):
            self.tally.levels[line.level] += 1
            self.tally.statuses[line.status] += 1
            if line.is_ours:
                ours[int(line.code)] = line
            else:
                yield line
        for code, line in lend_brand_facts(
            {code: self._told(code, line, house) for code, line in ours.items()}
        ).items():
            self.tally.ours[line.level] += 1
            ours[code] = line
            yield line
        self.tally.unresolved = self._scratch.count(
            "concept", "level NOT IN ('DF', 'DFG', '') AND code NOT IN (SELECT code FROM has)"
        )
        yield from self._old_codes(ours, house)
        yield from self._ndcs(ours, house)

    def _known(self, house: Mapping[int, str]) -> Iterator[Line]:
        """Every code with its ingredients, the others as they will stay."""
        reader = self._scratch.db.cursor()
        rows = reader.execute(
            "SELECT code, level, name, is_active, ingredient FROM concept JOIN has USING (code) "
            "ORDER BY code, ingredient"
        )
        for (code, level, name, is_active), group in groupby(rows, key=lambda row: row[:4]):
            ingredients = tuple(dict.fromkeys(house[row[4]] for row in group))
            is_ours = not self._ours.isdisjoint(ingredients)
            yield Line("RxNorm", str(code), name, ingredients, level, ACTIVE if is_active else OBSOLETE, is_ours)

    def _told(self, code: int, line: Line, house: Mapping[int, str]) -> Line:
        """One of our medicines with strengths, form and brand."""
        dose_form = self._scratch.name_at(code, "has_dose_form") or self._scratch.name_at(code, "has_doseformgroup")
        contents = self._contents(code)
        if contents:
            return self._pack(code, line, contents, house)
        if not dose_form and line.level in _NAMES_FORM:
            dose_form = line.name
        form = form_in(dose_form)
        brand = self._brand(code, line) if line.level in _BRANDED else ""
        return replace(
            line,
            strengths=_joined(self._strengths(code, line, house)),
            form=form,
            release=release_in(dose_form, "", form),
            brand=_OBSOLETE_WORDS.sub("", brand),
        )

    def _contents(self, code: int) -> list[int]:
        """What is in a pack; a branded one leaves it to its generic twin to tell."""
        own = self._scratch.targets(code, "contains")
        return own or [
            part
            for twin in self._scratch.targets(code, "tradename_of", "GPCK")
            for part in self._scratch.targets(twin, "contains")
        ]

    def _brand(self, code: int, line: Line) -> str:
        if line.level == "BN":
            return line.name
        bracketed = BRAND.search(line.name)
        return bracketed[1] if bracketed else self._scratch.name_at(code, "has_ingredient", "BN")

    def _pack(self, code: int, line: Line, contents: list[int], house: Mapping[int, str]) -> Line:
        """A pack: what all its parts agree on."""
        told = []
        for part in contents:
            row = self._scratch.db.execute(
                "SELECT level, name, is_active FROM concept WHERE code = ?", (part,)
            ).fetchone()
            if row is not None:
                told.append(self._told(part, Line("RxNorm", str(part), row[1], line.ingredients, row[0]), house))
        strengths: dict[str, set[str]] = defaultdict(set)
        for part_line in told:
            for name, amount in _parted(part_line.strengths).items():
                strengths[name].add(amount)
        forms = {(part_line.form, part_line.release) for part_line in told if part_line.form}
        form, release = forms.pop() if len(forms) == 1 else ("", "")
        agreed = {name: amounts.pop() for name, amounts in strengths.items() if len(amounts) == 1}
        brand = self._brand(code, line) if line.level == "BPCK" else ""
        return replace(line, strengths=_joined(agreed), form=form, release=release, brand=brand)

    def _strengths(self, code: int, line: Line, house: Mapping[int, str]) -> dict[str, str]:
        """The strength of each ingredient: from the components, and from the name where there are none."""
        if line.level == "SCDC":
            components = [code]
        else:
            generic = self._scratch.targets(code, "tradename_of", "SCD")
            components = [
                part for product in (code, *generic) for part in self._scratch.targets(product, "consists_of", "SCDC")
            ] or self._scratch.targets(code, "tradename_of", "SCDC")
        strengths: dict[str, str] = {}
        for part in dict.fromkeys(components):
            of = [house[i] for (i,) in self._scratch.db.execute("SELECT ingredient FROM has WHERE code = ?", (part,))]
            told = self._strength_of(part)
            if len(of) == 1 and told is not None:
                strengths[of[0]] = _sum(strengths[of[0]], told) if of[0] in strengths else told
        if strengths or line.level not in ("SCD", "SBD", "SBDC"):
            return strengths
        named = BRAND.sub("", QUANTITY.sub("", line.name))
        parts = [part[: match.end()] for part in named.split(" / ") if (match := AMOUNT.search(part))]
        return {n: s for n, s in strengths_in(" / ".join(parts), self._house).items() if n in line.ingredients}

    def _strength_of(self, component: int) -> str | None:
        """The amount of a component, by its name or by its attribute; nothing when the unit is none of mass."""
        row = self._scratch.db.execute(
            "SELECT concept.name, strength.told FROM concept LEFT JOIN strength USING (code) WHERE code = ?",
            (component,),
        ).fetchone()
        name, told = row if row is not None else ("", None)
        for text in (name, f"x {told}" if told else ""):
            found = strengths_in(text, self._house)
            if len(found) == 1:
                return next(iter(found.values()))
        return None

    def _old_codes(self, ours: Mapping[int, Line], house: Mapping[int, str]) -> Iterator[Line]:
        """Codes merged into another, as what that one is; a code that was split into several stays unknown."""
        db = self._scratch.db
        db.execute("INSERT INTO merged SELECT old, min(new) FROM alias GROUP BY old HAVING min(new) = max(new)")
        reader = db.cursor()
        for (old,) in reader.execute("SELECT old FROM merged WHERE old NOT IN (SELECT code FROM has) ORDER BY old"):
            code, steps = old, 0
            while (next_one := self._merged_into(code)) is not None and steps < _CHAIN:
                code, steps = next_one, steps + 1
            line = ours.get(code) or self._other(code, house)
            if line is None:
                continue
            self.tally.statuses[REMAPPED] += 1
            yield replace(line, code=str(old), status=REMAPPED, product=line.code)

    def _merged_into(self, code: int) -> int | None:
        row = self._scratch.db.execute("SELECT new FROM merged WHERE old = ?", (code,)).fetchone()
        return None if row is None else int(row[0])

    def _other(self, code: int, house: Mapping[int, str]) -> Line | None:
        rows = self._scratch.db.execute(
            "SELECT level, name, ingredient FROM concept JOIN has USING (code) WHERE code = ? ORDER BY ingredient",
            (code,),
        ).fetchall()
        if not rows:
            return None
        return Line("RxNorm", str(code), rows[0][1], tuple(dict.fromkeys(house[row[2]] for row in rows)), rows[0][0])

    def _ndcs(self, ours: Mapping[int, Line], house: Mapping[int, str]) -> Iterator[Line]:
        """Every NDC whose product is known; where two differ, ours before others, RxNorm's own before labels."""
        reader = self._scratch.db.cursor()
        rows = reader.execute(
            "SELECT DISTINCT ndc, code, is_own FROM ndc WHERE code IN (SELECT code FROM has) "
            "ORDER BY ndc, is_own DESC, code"
        )
        others: dict[int, Line | None] = {}
        for ndc, group in groupby(rows, key=lambda row: row[0]):
            codes = [row[1] for row in group]
            line = next((ours[code] for code in codes if code in ours), None)
            if line is None:
                if len(others) > _MOST_CACHED:
                    others.clear()
                code = codes[0]
                line = others[code] if code in others else others.setdefault(code, self._other(code, house))
            if line is not None:
                self.tally.ndcs += 1
                yield replace(line, system="NDC", code=f"{ndc:0{NDC_DIGITS}}", product=line.code)


def lend_brand_facts(lines: Mapping[int, Line]) -> dict[int, Line]:
    """Give a brand's bare codes the form that all its products share."""
    forms: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in lines.values():
        if line.brand and line.form and line.level in ("SBD", "SBDF"):
            forms[line.brand.casefold()].add((line.form, line.release))
    lent = {}
    for code, line in lines.items():
        shared = forms.get(line.brand.casefold(), set()) if line.level in _LENT else set()
        lent[code] = (
            replace(line, form=next(iter(shared))[0], release=next(iter(shared))[1]) if len(shared) == 1 else line
        )
    return lent


def _sum(one: str, other: str) -> str:
    """Two salts of one ingredient in one product add up, if they are told in the same way."""
    amount, _, per = one.partition("/")
    more, _, other_per = other.partition("/")
    if per != other_per:
        return one
    try:
        total = Decimal(amount) + Decimal(more)
    except InvalidOperation:
        return one
    text = format(total.normalize(), "f")
    return f"{text}/{per}" if per else text


def _joined(strengths: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={amount}" for name, amount in strengths.items())


def _parted(strengths: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in strengths.split("; ")) if strengths else {}
