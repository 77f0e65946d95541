"""From a release of RxNorm to what each of its codes is: ingredients, strengths, form, brand.

The release goes into a scratch database on disk, reduced to what is needed, and is worked out there level by level:
ingredients first, then components, products, brands and packs. So memory stays flat, however large the release.

Relations read from right to left, ``RXCUI2 RELA RXCUI1``; the ways from a code to its ingredients are in ``_WAYS``. A
way counts only when all it leads to is known: half a combination would hide the other half. A code that has no way, as
old codes have none, is taken apart by its name; so is one whose name speaks of a medicine of ours that its relations do
not lead to. It stays unknown when that leaves a doubt.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Self

from cards.knowledge.rxnorm_names import HouseNames, form_in, release_in, strengths_in
from cds_hooks.terminology.release import (
    ARCHIVE,
    ATTRIBUTES,
    NAMES,
    RELATIONS,
    REPLACED,
    Release,
    ReleaseError,
)

ACTIVE: Final = "active"
OBSOLETE: Final = "obsolete"
REMAPPED: Final = "remapped"

LEVELS: Final = (
    *("IN", "PIN", "MIN", "BN"),
    *("SCDC", "SCDF", "SCDFP", "SCDG", "SCDGP", "SCD"),
    *("SBDC", "SBDF", "SBDFP", "SBDG", "SBD"),
    *("GPCK", "BPCK"),
)
"""RxNorm's levels of a drug (term types); dose forms (DF) are read too, but are no drugs."""

_FORM_LEVELS: Final = ("DF", "DFG")

_RELATIONS: Final = (
    *("has_ingredient", "has_ingredients", "has_precise_ingredient", "has_part", "form_of"),
    *("consists_of", "isa", "tradename_of", "contains", "has_dose_form", "has_doseformgroup", "quantified_form_of"),
)
_NUMBER_OF: Final = {name: number for number, name in enumerate(_RELATIONS)}

_INGREDIENTS: Final = ("has_ingredient", "has_ingredients", "has_precise_ingredient")

_WAYS: Final[tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]] = (
    (("PIN",), (("form_of",),)),
    (("MIN",), (("has_part",),)),
    (("SCDC",), (("has_ingredient",), ("has_precise_ingredient",))),
    (("SCDG", "SCDGP"), (_INGREDIENTS, ("isa",))),
    (("SCDF", "SCDFP"), (_INGREDIENTS, ("isa",))),
    (("SCD",), (("consists_of",), _INGREDIENTS, ("isa",), ("quantified_form_of",))),
    (("BN",), (("tradename_of",), ("has_precise_ingredient",))),
    (("SBDC",), (("tradename_of",), ("consists_of",), ("has_ingredient",))),
    (("SBDG",), (("tradename_of",), ("has_ingredient",))),
    (("SBDF", "SBDFP"), (("tradename_of",), ("isa",), ("has_ingredient",))),
    (("SBD",), (("tradename_of",), ("consists_of",), ("isa",), ("has_ingredient",), ("quantified_form_of",))),
    (("GPCK",), (("contains",),)),
    (("BPCK",), (("contains",), ("tradename_of",))),
)
"""For each level, the ways to the ingredients, best first."""

_SCRATCH: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16000;
    PRAGMA temp_store = FILE;
    CREATE TABLE concept (code INTEGER PRIMARY KEY, level TEXT, name TEXT, is_active INTEGER);
    CREATE TABLE edge (source INTEGER, relation INTEGER, target INTEGER);
    CREATE TABLE has (code INTEGER, ingredient INTEGER, PRIMARY KEY (code, ingredient)) WITHOUT ROWID;
    CREATE TABLE strength (code INTEGER PRIMARY KEY, told TEXT);
    CREATE TABLE ndc (ndc INTEGER, code INTEGER, is_own INTEGER);
    CREATE TABLE alias (old INTEGER, new INTEGER);
    CREATE TABLE merged (old INTEGER PRIMARY KEY, new INTEGER);
"""
# A concept has several lines: of its level, of synonyms; of an old level, too, where it has changed.
_NEW_CONCEPT: Final = """
    INSERT INTO concept VALUES (?, ?, ?, ?)
    ON CONFLICT (code) DO UPDATE SET level = excluded.level, name = excluded.name, is_active = excluded.is_active
    WHERE excluded.level <> '' AND (concept.level = '' OR excluded.is_active AND NOT concept.is_active)
"""
_INDEXES: Final = """
    CREATE INDEX edge_by_source ON edge (source, relation, target);
    ANALYZE;
"""

_BRAND: Final = re.compile(r"\[([^\]]+)\]\s*$")
_QUANTITY: Final = re.compile(
    r"^(?:[0-9.]+ (?:HR|ML|MG|ACTUAT|UNT|GM|SQCM|DAY|WEEK)S? |Abuse-Deterrent )+", re.IGNORECASE
)
_AMOUNT: Final = re.compile(
    r" [0-9.]+ ?(?:mg|mcg|unt|meq|%|mmol|mci|bau|cells|gm|ml)(?:/[a-z0-9.]+)?(?![a-z])", re.IGNORECASE
)
_UNITS: Final = r"\s*(?:mg|mcg|ml|unt|meq|%)(?![a-z])"
_NO_AMOUNT_IN_NAME: Final = re.compile(rf"(?<![\w.])[+-]?(?:nan|inf|infinity) {_UNITS}", re.IGNORECASE)
_NO_AMOUNT: Final = re.compile(rf"\s*(?:[+-]?(?:nan|inf|infinity)|-[0-9.]+)(?:$|{_UNITS})", re.IGNORECASE)
_STRENGTHS: Final = frozenset({"RXN_STRENGTH", "RXN_AVAILABLE_STRENGTH", "RXN_BOSS_STRENGTH_NUM_VALUE"})
_OBSOLETE_WORDS: Final = re.compile(r" (Reformulated \w+ \d{4}|Discontinued)$")
_SUPPRESSED: Final = frozenset("OEY")
_WORD: Final = re.compile(r"[a-z]+")

_NDC_DIGITS: Final = 11
_LONGEST_CODE: Final = 12
_MOST_DANGLING: Final = 0.02
_MOST_UNRESOLVED: Final = 0.25
_CHAIN: Final = 12
_MOST_CACHED: Final = 2_000
_LENT: Final = frozenset({"BN", "SBDC", "SBDG"})
_NAMES_FORM: Final = frozenset({"SCD", "SBD", "SCDF", "SBDF", "SCDFP", "SBDFP", "SCDG", "SBDG", "SCDGP"})
_BRANDED: Final = frozenset({"BN", "SBD", "SBDC", "SBDF", "SBDFP", "SBDG", "BPCK"})


@dataclass(frozen=True, slots=True)
class Line:
    """What one code is. ``is_ours``: some ingredient of it concerns a rule; otherwise only its ingredients are kept."""

    system: str
    code: str
    name: str
    ingredients: tuple[str, ...]
    level: str
    status: str = ACTIVE
    is_ours: bool = False
    strengths: str = ""
    form: str = ""
    release: str = ""
    brand: str = ""
    product: str = ""


@dataclass(slots=True)
class Tally:
    """What was found, for people: codes by level, and those that stayed unknown."""

    levels: Counter[str] = field(default_factory=Counter)
    ours: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    ndcs: int = 0
    unresolved: int = 0


class Products:
    """One release in a scratch database; leaves nothing behind when it is closed."""

    def __init__(self, page: Mapping[str, Any], folder: Path | None = None) -> None:
        """Take the parsed page of medicines, and where the scratch may lie (some hundred megabytes)."""
        self._house = HouseNames(page)
        self._ours = frozenset(page["ingredients"])
        self._our_words = frozenset(name for name in page["ingredients"] if _WORD.fullmatch(name))
        self._folder = tempfile.TemporaryDirectory(prefix="ldn-cds-", dir=folder, ignore_cleanup_errors=True)
        self._db = sqlite3.connect(Path(self._folder.name) / "scratch.sqlite3", isolation_level=None)
        self._db.executescript(_SCRATCH)
        self.tally = Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._folder.cleanup()

    # ------------------------------------------------------------------------------------------------------------------
    # Reading

    def read(self, release: Release, advance: Callable[[int], None] = lambda _: None) -> None:
        """Take in every file; raise :class:`ReleaseError` for the first line or the first file that is not sound."""
        self._insert(_NEW_CONCEPT, self._concepts(release, advance))
        if not self._count("concept"):
            raise ReleaseError(f"{release.files[NAMES].shown}: no line is RxNorm's own (SAB RXNORM). Is it a release?")
        self._insert("INSERT INTO edge VALUES (?, ?, ?)", self._edges(release, advance))
        self._insert("INSERT OR REPLACE INTO strength VALUES (?, ?)", self._attributes(release, advance))
        if release.has(ARCHIVE):
            self._insert("INSERT OR IGNORE INTO concept VALUES (?, ?, ?, ?)", self._archived(release, advance))
        if release.has(REPLACED):
            self._insert("INSERT INTO alias VALUES (?, ?)", self._replaced(release, advance))
        self._db.executescript(_INDEXES)
        self._refuse_a_part(release)

    def _insert(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")

    def _count(self, table: str, where: str = "1") -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])  # noqa: S608 - ours

    @staticmethod
    def _concepts(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, str, str, int]]:
        wanted = frozenset((*LEVELS, *_FORM_LEVELS))
        for number, cells in release.rows(NAMES, advance):
            if cells[11] != "RXNORM":
                continue
            code, level, name, suppressed = cells[0], cells[12], cells[14], cells[16]
            if not _is_code(code):
                raise release.error(NAMES, number, "the RXCUI in column 1 is no number")
            if suppressed != "N" and suppressed not in _SUPPRESSED:
                raise release.error(NAMES, number, "SUPPRESS in column 17 is none of N, O, E, Y")
            if level not in wanted:
                yield int(code), "", "", suppressed == "N"  # a synonym, or a level that is new to us
                continue
            if not name.strip():
                raise release.error(NAMES, number, "the name in column 15 is empty")
            if _NO_AMOUNT_IN_NAME.search(name):
                raise release.error(NAMES, number, "the strength in column 15 is no amount")
            yield int(code), level, name, suppressed == "N"

    @staticmethod
    def _edges(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, int, int]]:
        for number, cells in release.rows(RELATIONS, advance):
            relation = _NUMBER_OF.get(cells[7])
            if relation is None or cells[10] != "RXNORM" or not (cells[0] or cells[4]):
                continue  # between atoms, those have no RXCUI
            if not (_is_code(cells[0]) and _is_code(cells[4])):
                raise release.error(RELATIONS, number, "an RXCUI, in column 1 or 5, is no number")
            yield int(cells[4]), relation, int(cells[0])

    def _attributes(self, release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, str]]:
        """The strengths; the NDCs go into their own table on the way."""
        ndcs: list[tuple[int, int, int]] = []
        for number, cells in release.rows(ATTRIBUTES, advance):
            attribute, source = cells[8], cells[9]
            if attribute == "NDC" and source in ("RXNORM", "MTHSPL"):
                if not _is_code(cells[0]):
                    raise release.error(ATTRIBUTES, number, "the RXCUI in column 1 is no number")
                ndc = _eleven_digits(cells[10])
                if ndc is not None:
                    ndcs.append((ndc, int(cells[0]), source == "RXNORM"))
                    if len(ndcs) >= 10_000:
                        self._db.executemany("INSERT INTO ndc VALUES (?, ?, ?)", ndcs)
                        ndcs.clear()
            elif attribute in _STRENGTHS:
                if _NO_AMOUNT.match(cells[10]):
                    raise release.error(ATTRIBUTES, number, "the strength in column 11 is no amount")
                if attribute == "RXN_STRENGTH" and _is_code(cells[0]):
                    yield int(cells[0]), cells[10]
        self._db.executemany("INSERT INTO ndc VALUES (?, ?, ?)", ndcs)

    def _archived(self, release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, str, str, int]]:
        """Codes that RxNorm has retired; where one was merged into another, that is remembered."""
        merged: list[tuple[int, int]] = []
        for _, cells in release.rows(ARCHIVE, advance):
            code, source, level, into = cells[12], cells[13], cells[14], cells[15]
            if source != "RXNORM" or level not in LEVELS or not _is_code(code):
                continue
            if _is_code(into) and into != code:
                merged.append((int(code), int(into)))
            elif cells[2].strip():
                yield int(code), level, cells[2], 0
        self._db.executemany("INSERT INTO alias VALUES (?, ?)", merged)

    @staticmethod
    def _replaced(release: Release, advance: Callable[[int], None]) -> Iterator[tuple[int, int]]:
        for _, cells in release.rows(REPLACED, advance):
            if _is_code(cells[0]) and _is_code(cells[4]) and cells[0] != cells[4]:
                yield int(cells[0]), int(cells[4])

    def _refuse_a_part(self, release: Release) -> None:
        """Refuse files that end at the end of a line, but too early: no line tells, the whole does."""
        names, relations = release.files[NAMES].shown, release.files[RELATIONS].shown
        edges = self._count("edge")
        if not self._count("edge", f"relation IN ({_numbers(('has_ingredient', 'consists_of'))})"):
            raise ReleaseError(f"{relations}: tells of no product what is in it. The file is not whole.")
        dangling = self._count("edge", "target NOT IN (SELECT code FROM concept)")
        if dangling > edges * _MOST_DANGLING:
            raise ReleaseError(
                f"{names}: {dangling} of {edges} relations in {relations} lead to a code that it does not have. "
                "One of the two files is not whole, or they belong to two releases."
            )
        if not self._count("ndc"):
            raise ReleaseError(f"{release.files[ATTRIBUTES].shown}: has no NDC at all. The file is not whole.")

    # ------------------------------------------------------------------------------------------------------------------
    # Working out

    def resolve(self, release: Release) -> None:
        """Find the ingredients of every code; raise when so many have none that the release cannot be whole."""
        db = self._db
        db.execute("BEGIN")
        db.execute("INSERT INTO has SELECT code, code FROM concept WHERE level = 'IN'")
        for levels, ways in _WAYS:
            for way in ways:
                self._follow(levels, way)
        self._refuse_lost_products(release)
        self._drop_doubtful()
        self._by_names()
        db.execute("COMMIT")
        if "naltrexone" not in self._house_names().values():
            raise ReleaseError(f"{release.files[NAMES].shown}: does not have naltrexone. The file is not whole.")

    def _follow(self, levels: tuple[str, ...], way: tuple[str, ...]) -> None:
        marks = ", ".join("?" * len(levels))
        along = _numbers(way)
        self._db.execute(
            f"""
            INSERT OR IGNORE INTO has
            SELECT edge.source, has.ingredient
            FROM concept JOIN edge ON edge.source = concept.code JOIN has ON has.code = edge.target
            WHERE concept.level IN ({marks}) AND edge.relation IN ({along})
            AND NOT EXISTS (SELECT 1 FROM has AS known WHERE known.code = concept.code)
            AND NOT EXISTS (
                SELECT 1 FROM edge AS other WHERE other.source = concept.code AND other.relation IN ({along})
                AND NOT EXISTS (SELECT 1 FROM has AS known WHERE known.code = other.target)
            )
            """,  # noqa: S608 - numbers and question marks
            levels,
        )

    def _refuse_lost_products(self, release: Release) -> None:
        products = self._count("concept", "level IN ('SCD', 'SBD') AND is_active")
        lost = self._count("concept", "level IN ('SCD', 'SBD') AND is_active AND code NOT IN (SELECT code FROM has)")
        if not products or lost > products * _MOST_UNRESOLVED:
            raise ReleaseError(
                f"{release.files[RELATIONS].shown}: {lost} of {products} products in use cannot be followed to their "
                "ingredients. The file is not whole."
            )

    def _drop_doubtful(self) -> None:
        """Forget what relations told of codes whose name speaks of a medicine of ours that they do not lead to."""
        house = self._house_names()
        rows = self._db.execute("SELECT code, name, ingredient FROM concept JOIN has USING (code) ORDER BY code")
        doubtful = []
        for (code, name), group in groupby(rows, key=lambda row: row[:2]):
            ingredients = {house[row[2]] for row in group}
            if not ingredients.issuperset(self._our_words.intersection(_WORD.findall(name.casefold()))):
                doubtful.append((code,))
        self._db.executemany("DELETE FROM has WHERE code = ?", doubtful)

    def _house_names(self) -> dict[int, str]:
        rows = self._db.execute("SELECT code, name FROM concept WHERE level = 'IN'")
        return {code: self._house.of(name) for code, name in rows}

    def _by_names(self) -> None:
        """Take the names apart of codes that no relation explains, mostly obsolete ones."""
        db = self._db
        by_name: dict[str, set[int]] = defaultdict(set)
        for name, ingredient in db.execute(
            "SELECT concept.name, has.ingredient FROM concept JOIN has USING (code) WHERE level IN ('IN', 'PIN')"
        ):
            by_name[name.casefold()].add(ingredient)
        by_house = {self._house.of(name): of for name, of in by_name.items() if len(of) == 1}
        forms = sorted(
            (name.casefold() for (name,) in db.execute("SELECT name FROM concept WHERE level = 'DF'")), key=len
        )
        endings = tuple(f" {form}" for form in reversed(forms))
        unknown = db.execute(
            "SELECT code, name FROM concept WHERE level NOT IN ('IN', 'BN', 'SBDG', 'GPCK', 'BPCK', 'DF', 'DFG', '') "
            "AND code NOT IN (SELECT code FROM has)"
        ).fetchall()
        found = []
        for code, name in unknown:
            ingredients: set[int] | None = set()
            for part in _components(name, endings):
                of = by_name.get(part) or by_house.get(self._house.of(part))
                ingredients = ingredients | of if ingredients is not None and of else None
            found += [(code, ingredient) for ingredient in ingredients or ()]
        db.executemany("INSERT OR IGNORE INTO has VALUES (?, ?)", found)

    # ------------------------------------------------------------------------------------------------------------------
    # Telling

    def lines(self) -> Iterator[Line]:
        """Every code that is known: the others, our medicines with all there is to tell, old codes, NDCs."""
        house = self._house_names()
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
        self.tally.unresolved = self._count(
            "concept", "level NOT IN ('DF', 'DFG', '') AND code NOT IN (SELECT code FROM has)"
        )
        yield from self._old_codes(ours, house)
        yield from self._ndcs(ours, house)

    def _known(self, house: Mapping[int, str]) -> Iterator[Line]:
        """Every code with its ingredients, the others as they will stay."""
        reader = self._db.cursor()
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
        dose_form = self._name_at(code, "has_dose_form") or self._name_at(code, "has_doseformgroup")
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
        own = self._targets(code, "contains")
        return own or [
            part for twin in self._targets(code, "tradename_of", "GPCK") for part in self._targets(twin, "contains")
        ]

    def _brand(self, code: int, line: Line) -> str:
        if line.level == "BN":
            return line.name
        bracketed = _BRAND.search(line.name)
        return bracketed[1] if bracketed else self._name_at(code, "has_ingredient", "BN")

    def _pack(self, code: int, line: Line, contents: list[int], house: Mapping[int, str]) -> Line:
        """A pack: what all its parts agree on."""
        told = []
        for part in contents:
            row = self._db.execute("SELECT level, name, is_active FROM concept WHERE code = ?", (part,)).fetchone()
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
            generic = self._targets(code, "tradename_of", "SCD")
            components = [
                part for product in (code, *generic) for part in self._targets(product, "consists_of", "SCDC")
            ] or self._targets(code, "tradename_of", "SCDC")
        strengths: dict[str, str] = {}
        for part in dict.fromkeys(components):
            of = [house[i] for (i,) in self._db.execute("SELECT ingredient FROM has WHERE code = ?", (part,))]
            told = self._strength_of(part)
            if len(of) == 1 and told is not None:
                strengths[of[0]] = _sum(strengths[of[0]], told) if of[0] in strengths else told
        if strengths or line.level not in ("SCD", "SBD", "SBDC"):
            return strengths
        named = _BRAND.sub("", _QUANTITY.sub("", line.name))
        parts = [part[: match.end()] for part in named.split(" / ") if (match := _AMOUNT.search(part))]
        return {n: s for n, s in strengths_in(" / ".join(parts), self._house).items() if n in line.ingredients}

    def _strength_of(self, component: int) -> str | None:
        """The amount of a component, by its name or by its attribute; nothing when the unit is none of mass."""
        row = self._db.execute(
            "SELECT concept.name, strength.told FROM concept LEFT JOIN strength USING (code) WHERE code = ?",
            (component,),
        ).fetchone()
        name, told = row if row is not None else ("", None)
        for text in (name, f"x {told}" if told else ""):
            found = strengths_in(text, self._house)
            if len(found) == 1:
                return next(iter(found.values()))
        return None

    def _targets(self, code: int, relation: str, level: str | None = None) -> list[int]:
        rows = self._db.execute(
            "SELECT target, level FROM edge JOIN concept ON concept.code = edge.target "
            "WHERE source = ? AND relation = ? ORDER BY target",
            (code, _NUMBER_OF[relation]),
        )
        return [target for target, of in rows if level is None or of == level]

    def _name_at(self, code: int, relation: str, level: str | None = None) -> str:
        targets = self._targets(code, relation, level)
        if len(targets) != 1:
            return ""
        return str(self._db.execute("SELECT name FROM concept WHERE code = ?", (targets[0],)).fetchone()[0])

    def _old_codes(self, ours: Mapping[int, Line], house: Mapping[int, str]) -> Iterator[Line]:
        """Codes merged into another, as what that one is; a code that was split into several stays unknown."""
        db = self._db
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
        row = self._db.execute("SELECT new FROM merged WHERE old = ?", (code,)).fetchone()
        return None if row is None else int(row[0])

    def _other(self, code: int, house: Mapping[int, str]) -> Line | None:
        rows = self._db.execute(
            "SELECT level, name, ingredient FROM concept JOIN has USING (code) WHERE code = ? ORDER BY ingredient",
            (code,),
        ).fetchall()
        if not rows:
            return None
        return Line("RxNorm", str(code), rows[0][1], tuple(dict.fromkeys(house[row[2]] for row in rows)), rows[0][0])

    def _ndcs(self, ours: Mapping[int, Line], house: Mapping[int, str]) -> Iterator[Line]:
        """Every NDC whose product is known; where two differ, ours before others, RxNorm's own before labels."""
        reader = self._db.cursor()
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
                yield replace(line, system="NDC", code=f"{ndc:0{_NDC_DIGITS}}", product=line.code)


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


def _is_code(text: str) -> bool:
    return text.isdigit() and text.isascii() and len(text) <= _LONGEST_CODE


def _numbers(relations: Iterable[str]) -> str:
    return ", ".join(str(_NUMBER_OF[name]) for name in relations)


def _eleven_digits(told: str) -> int | None:
    """An NDC as a number of eleven digits; nothing for one that cannot be told without doubt.

    >>> _eleven_digits("00054024324"), _eleven_digits("0054-0243-24"), _eleven_digits("0054-0243"), _eleven_digits("x")
    (54024324, 54024324, None, None)
    """
    parts = told.split("-")
    if not all(part.isdigit() and part.isascii() for part in parts):
        return None
    if len(parts) == 3:
        told = f"{parts[0]:0>5}{parts[1]:0>4}{parts[2]:0>2}"
    return int(told) if len(told) == _NDC_DIGITS and told.isdigit() else None


def _components(name: str, endings: tuple[str, ...]) -> list[str]:
    """The ingredients in a name of RxNorm's, without strengths, dose form, brand and package size.

    >>> _components("12 HR Oxycodone Hydrochloride 10 MG Extended Release Oral Tablet [OxyContin]", (" oral tablet",))
    ['oxycodone hydrochloride']
    >>> _components("acetaminophen / hydrocodone Oral Tablet", (" oral tablet",))
    ['acetaminophen', 'hydrocodone']
    """
    plain = _QUANTITY.sub("", _BRAND.sub("", name).strip()).casefold()
    ending = next((ending for ending in endings if plain.endswith(ending)), "")
    parts = plain.removesuffix(ending).split(" / ")
    found = []
    for part in parts:
        match = _AMOUNT.search(part)
        found.append((part[: match.start()] if match else part).strip())
    return found


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
