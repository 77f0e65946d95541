"""The contract of each message as a JSON Schema, and what is wrong with a message in words.

The schemas lie in ``schemas/``, one file per message. They are compiled at first use: a request that is as it should be
never needs them (``hook_request`` decodes it into types that demand the same), only its refusal does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cds_hooks.problems import Issue
from cds_hooks.syntax import join

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_EMPTY_TEXT: Final = "Expected a string that is not empty."


@cache
def schema(message: str) -> Any:
    """The JSON Schema of a message, by the name of its file."""
    return json.loads(resources.files(__package__).joinpath("schemas", f"{message}.json").read_text("utf-8"))


@cache
def _validator(message: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    return Draft202012Validator(schema(message), format_checker=FormatChecker(()))


def problems_of(value: Any, message: str, at: str = "") -> list[Issue]:
    """Everything in which a decoded value departs from the contract of a message; ``at`` is where the value stands."""
    errors = _validator(message).iter_errors(value)
    return list(dict.fromkeys(issue for error in errors for issue in _explain(error, at)))


def _explain(error: ValidationError, at: str) -> Iterable[Issue]:
    path = at
    for step in error.absolute_path:
        path = join(path, step)
    wanted = error.validator_value
    match error.validator:
        case "required" if isinstance(wanted, list) and isinstance(error.instance, dict):
            for name in wanted:
                if name not in error.instance:
                    yield Issue("required", _missing(error.schema, name), join(path, name))
        case "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            yield Issue("structure", f"Expected {' or '.join(map(str, names))}, got {type_of(error.instance)}.", path)
        case "const" | "enum":
            names = wanted if isinstance(wanted, list) else [wanted]
            got = "another text" if isinstance(error.instance, str) else type_of(error.instance)
            yield Issue("value", f"Expected {' or '.join(map(str, names))}, got {got}.", path)
        case "minLength" | "pattern":
            yield Issue("value", _EMPTY_TEXT if error.instance == "" else "Expected text of another form.", path)
        case "maxLength":
            yield Issue("value", f"Expected at most {wanted} characters.", path)
        case "minItems":
            yield Issue("required", f"Expected at least {wanted} item.", path)
        case _:
            yield Issue("structure", f"Does not keep to the contract ({error.validator}).", path)


def _missing(owner: Any, name: str) -> str:
    described = owner.get("properties", {}).get(name, {}) if isinstance(owner, dict) else {}
    kind = described.get("type", "a value")
    return f"Required: {kind if isinstance(kind, str) else ' or '.join(kind)} is missing."


def type_of(value: Any) -> str:
    """What JSON calls the type of a decoded value.

    >>> type_of(True), type_of(None), type_of([])
    ('boolean', 'null', 'array')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return "number"
