"""``ldn-cds explain-drug``: what is understood of a medicine's words or codes, and from which row of which table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from cards.drugs import Drug
    from cards.knowledge.medication_evidence import Codings, Evidence
    from cards.knowledge.medications import Formulary

_CODE: Final = re.compile(r"\d[\d-]{2,19}|[A-Z]\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?|(?=\w*\d)(?=\w*[A-Z])[A-Z\d]{10}")
"""What a code looks like: digits with or without hyphens, an ATC code, a UNII."""


@click.command("explain-drug")
@click.argument("what", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@click.pass_context
def explain_drug(ctx: click.Context, what: tuple[str, ...], as_json: bool) -> None:
    """Show what is understood of WHAT, and where that comes from.

    WHAT is the name of a medicine as somebody wrote it, a code, or system|code. Several count as one concept, as if an
    order said all of them: ldn-cds explain-drug 1483744 "oxycodone 5 mg".
    """
    formulary = _formulary(ctx)
    codings, text = _concept(what, formulary)
    drug = formulary.recognise(codings, text)
    evidence = formulary.explain(codings, text)
    if as_json:
        from cds_hooks.wire import encode_tidily

        click.echo(encode_tidily(told(drug, evidence)))
    else:
        for line in _lines(drug, evidence):
            click.echo(line)


def _formulary(ctx: click.Context) -> Formulary:
    from cards import HouseError
    from cards.knowledge.medications import Formulary
    from cds_hooks.cli import refused, settings_of
    from cds_hooks.house import own_drug_table

    settings = settings_of(ctx)
    try:
        return Formulary.load(own_drug_table(settings))
    except HouseError as error:
        raise refused("\n".join(error.problems)) from None


def _concept(what: Sequence[str], formulary: Formulary) -> tuple[Codings, str | None]:
    """What was asked, as the codings and the text of one concept; a bare code is looked up in every system."""
    codings: list[tuple[str | None, str | None, str | None]] = []
    texts = []
    for asked in what:
        system, bar, code = asked.rpartition("|")
        if bar:
            codings.append((system.strip(), code.strip(), None))
        elif _CODE.fullmatch(asked.strip()):
            known = formulary.systems_of(asked.strip())
            codings.extend((address, asked.strip(), None) for address in known or ("",))
        else:
            texts.append(asked)
    first = texts[0] if texts else None
    return (*codings, *((None, None, text) for text in texts[1:])), first


def told(drug: Drug, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """What was understood, for a program."""
    return {
        "name": drug.name,
        "ingredients": list(drug.ingredients),
        "roles": sorted(drug.roles),
        "opioidKind": drug.opioid_kind,
        "form": drug.form,
        "release": drug.release,
        "strengths": [{"ingredient": name, "mg": amount.mg, "per": amount.per} for name, amount in drug.strengths],
        "brand": drug.brand,
        "isMarketedProduct": drug.is_marketed_product,
        "recognisedBy": drug.recognised_by,
        "contradictedBy": drug.contradicted_by,
        "didYouMean": drug.meant,
        "evidence": [found._asdict() for found in evidence],
    }


def _lines(drug: Drug, evidence: Sequence[Evidence]) -> Iterator[str]:
    yield drug.name
    for label, value in _facts(drug):
        yield f"  {label:12} {value}"
    yield "from"
    for found in evidence:
        source = f" [{found.source}]" if found.source else ""
        yield f"  {' '.join(filter(None, (found.file, found.entry)))}: {found.says}{source}"
    if not evidence:
        yield "  no row of any table"


def _facts(drug: Drug) -> Iterator[tuple[str, str]]:
    from cards.phrasing import milligrams

    if drug.ingredients:
        yield "ingredients", ", ".join(drug.ingredients)
        kind = f" ({drug.opioid_kind})" if drug.opioid_kind else ""
        yield "role", ", ".join(sorted(drug.roles)) + kind if drug.roles else "none that a rule asks about"
        yield "form", f"{drug.form}, release {drug.release}"
    if drug.strengths:
        amounts = (
            f"{name} {milligrams(amount.mg)}" + ("" if amount.per == "unit" else f" per {amount.per}")
            for name, amount in drug.strengths
        )
        yield "strengths", ", ".join(amounts)
    if drug.brand:
        yield "brand", drug.brand
    yield "how sure", drug.recognised_by
    if drug.contradicted_by:
        yield "but", f"codes and words differ: {drug.contradicted_by} is named too; the more dangerous one counts"
    if drug.meant:
        yield "did you mean", f"{drug.meant}?"
