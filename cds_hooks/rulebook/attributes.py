"""The thirteen source attributes of evidence-based decision support, per rule (45 CFR 170.315(b)(11)(iv)(A)).

What a rule uses of a patient stands on its page; a test of the house reads its code and holds the two together.
"""

from __future__ import annotations

from typing import Final

from cards.pages import ATTRIBUTES, Page
from cds_hooks.rulebook.telling import ABOUT, committee_words, flowing
from cds_hooks.wire import Json

NOT_USED: Final = "Not used."


def source_attributes(page: Page) -> Json:
    """What has to be told of a rule, and what we tell beyond that."""
    statements = committee_words()["statements"]
    answers: list[tuple[str, bool | None, list[str]]] = [
        ("Bibliographic citation of the intervention", None, [_citation(page, n) for n in range(len(page.sources))]),
        (
            "Developer of the intervention",
            None,
            [f"{page.review['written_by']}. Checked by: {page.review['checked_by']}."],
        ),
        ("Funding source of the technical implementation", None, [statements["funding"]]),
        ("Release and revision dates of the intervention or source", None, _dates(page)),
    ]
    for key, title in ATTRIBUTES.items():
        used = page.attributes.get(key)
        answers.append((f"Use of {title[0].lower()}{title[1:]}", used is not None, [used or NOT_USED]))
    attributes = [
        {"number": nth, "attribute": name, **({} if is_used is None else {"isUsed": is_used}), "values": values}
        for nth, (name, is_used, values) in enumerate(answers, 1)
    ]
    return {
        "rule": page.rule,
        "title": page.title,
        "version": page.version,
        "lastChanged": page.review["reviewed"].isoformat(),
        "attributes": attributes,
        "more": {
            "intendedUse": flowing(statements["intended_use"]),
            "notFor": flowing(statements["not_for"]),
            "askedAt": sorted(hook.value for hook in page.hooks),
            "about": ABOUT[page.about],
            "logic": flowing(page.works),
            "reasonAndLimits": flowing(page.why),
            "whenDataIsMissing": flowing(statements["missing"]),
            "isPredictive": False,
            "prediction": statements["prediction"],
            "nextReview": page.review["review_by"].isoformat(),
        },
    }


def _developer(page: Page) -> str:
    return f"{page.review['written_by']}. Checked by: {page.review['checked_by']}."


def _citation(page: Page, nth: int) -> str:
    one = page.sources[nth]
    grade = committee_words()["grades"][one.grade]
    address = f" {one.url}" if one.url else ""
    return f"{one.title}.{address} Last looked at {one.seen} ({grade})."


def _dates(page: Page) -> list[str]:
    seen = sorted(one.seen for one in page.sources)
    sources = [f"Sources last looked at from {seen[0]} to {seen[-1]}."] if seen else []
    reviewed, due = page.review["reviewed"], page.review["review_by"]
    return [f"Version {page.version}, last looked through {reviewed}, next review by {due}.", *sources]
