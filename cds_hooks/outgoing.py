"""No resource of ours leaves unless it is FHIR.

Each resource in a suggestion is held against ``fhir.resources`` of its FHIR version. What the client sent need not be
valid – the drafts of well-known clients are not – and an update keeps all of it; so a suggestion is withheld only when
the changed resource has an error that the client's own did not have. For a resource we made ourselves any error will
do. The card is served all the same: its words do not depend on it.

The models only judge. Nothing is ever written from them: they turn ``4.50`` into ``4.5``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, get_args

import msgspec

from cards.drafts import Shape, shape_of
from cds_hooks.wire import Json, encode

_PACKAGES: Final = {
    Shape.STU3: "fhir.resources.STU3",
    Shape.R4: "fhir.resources.R4B",  # R4 itself is not published; R4B takes R4's clinical resources
    Shape.R5: "fhir.resources",
}
"""DSTU2 is not among them: nobody publishes its models any more, and its resources leave unjudged."""

Errors = Counter[tuple[str, str]]
"""How often each kind of error occurs at each place, places told without positions."""


def errors_in(resource: Mapping[str, Any], shape: Shape | None = None) -> list[tuple[str, str]]:
    """Every error of a resource as path and kind, by the models of its FHIR version; empty when it is valid or DSTU2.

    A kind is pydantic's name for it, such as ``missing`` or ``extra_forbidden``. No value is repeated.
    """
    shape = shape or shape_of(resource)
    if shape not in _PACKAGES:
        return []
    from pydantic import ValidationError

    if _is_valid_by_its_parts(resource, _PACKAGES[shape]):
        return []
    try:
        _model(_PACKAGES[shape], resource.get("resourceType")).model_validate(resource)
    except ValidationError as error:
        listed = error.errors(include_url=False, include_context=False, include_input=False)
        return [(_path(one["loc"]), one["type"]) for one in listed]
    # Of a type that is unknown, outside or inside; of one that is no text; of one that never ends.
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return [("", type(error).__name__)]
    return []


_ALIKE: Final = frozenset(
    {
        *("contained", "medicationReference", "medicationCodeableConcept", "dosageInstruction", "dispenseRequest"),
        *("note", "reasonCode", "statusReason", "code"),
    }
)
"""Elements that are the same in many resources: we write most of them ourselves. Nothing in them names a patient."""

_MOST_PARTS: Final = 512
_LONGEST_PART: Final = 4096


def _is_valid_by_its_parts(resource: Mapping[str, Any], package: str) -> bool:
    """Whether a resource is valid, without judging again such parts as were found valid before.

    A model takes a part that is a model already as it is, so that the verdict is the same: a part is remembered by all
    that is in it. That takes a fifth of the 350 µs a draft costs. ``False`` only says that the whole is to be judged.
    """
    try:
        model = _model(package, resource.get("resourceType"))
        known = dict(resource)
        for name in _ALIKE & resource.keys():
            value = resource[name]
            if isinstance(value, list):
                known[name] = [_part(_kind_of(model, name, part, package), part) for part in value]
            elif isinstance(value, dict):
                known[name] = _part(_kind_of(model, name, value, package), value)
        model.model_validate(known)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False
    return True


_parts: Final[dict[tuple[Any, bytes, bytes], Any]] = {}


def _part(kind: Any, value: Any) -> Any:
    """A valid part as its model; raises ``ValueError`` and the like when it is not valid."""
    # Written in two ways, for the models tell a decimal from an integer and a text, and each way hides one of them.
    written = (kind, encode(value), _encode_decimals_as_text(value))
    part = _parts.get(written)
    if part is None:
        part = kind.model_validate(value)
        if len(written[1]) <= _LONGEST_PART:
            if len(_parts) >= _MOST_PARTS:
                _parts.clear()
            _parts[written] = part
    return part


_encode_decimals_as_text: Final = msgspec.json.Encoder(decimal_format="string", enc_hook=str).encode


def _kind_of(model: Any, name: str, part: Mapping[str, Any], package: str) -> Any:
    """The model of a part; raises ``LookupError`` or ``AttributeError`` where there is none."""
    return _model(package, part["resourceType"]) if name == "contained" else _kind_of_element(model, name)


@cache
def _kind_of_element(model: Any, name: str) -> Any:
    fields = model.model_fields.items()
    annotation: Any = next((field.annotation for own, field in fields if (field.alias or own) == name), None)
    while not hasattr(annotation, "get_model_klass"):
        annotation = get_args(annotation)[0]  # Optional[List[kind]]
    return annotation.get_model_klass()


def withhold_invalid(
    cards: Sequence[Json],
    originals: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Json], int]:
    """The cards with only such suggestions as are FHIR, and how many were withheld. The cards given are not changed."""
    checked = []
    withheld = 0
    for card in cards:
        suggestions = card.get("suggestions")
        if not suggestions:
            checked.append(card)
            continue
        good = [suggestion for suggestion in suggestions if _is_fit_to_leave(suggestion, originals)]
        withheld += len(suggestions) - len(good)
        if len(good) == len(suggestions):
            checked.append(card)
        elif good:
            checked.append({**card, "suggestions": good})
        else:
            checked.append({key: card[key] for key in card if key not in ("suggestions", "selectionBehavior")})
    return checked, withheld


def _is_fit_to_leave(suggestion: Mapping[str, Any], originals: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        _adds_no_error(action["resource"], originals if action.get("type") == "update" else {})
        for action in suggestion.get("actions") or ()
        if action.get("resource") is not None
    )


def _adds_no_error(resource: Mapping[str, Any], originals: Mapping[str, Mapping[str, Any]]) -> bool:
    errors = errors_in(resource)
    if not errors:
        return True
    original = originals.get(f"{resource.get('resourceType')}/{resource.get('id')}")
    if original is None:
        return False
    # Both by the same models, whatever each looks like: a change of ours may be what makes a draft look like a version.
    return not _counted(errors) - _counted(errors_in(original, shape_of(resource)))


def _counted(errors: Iterable[tuple[str, str]]) -> Errors:
    """Without positions, for a change that takes out one dosage moves the errors of the next one up."""
    return Counter((_without_positions(path), kind) for path, kind in errors)


def _without_positions(path: str) -> str:
    return ".".join(step.partition("[")[0] for step in path.split("."))


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


@cache
def _model(package: str, name: Any) -> Any:
    get_model: Callable[[str], Any] = import_module(package).get_fhir_model_class
    return get_model(name)
