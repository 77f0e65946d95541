"""Whether a body is JSON at all, and if not, where it stops being so.

RFC 8259 read strictly: UTF-8 (a byte order mark is skipped), no ``NaN`` or ``Infinity``, no half surrogate pairs, no
member named twice in one object, no nesting without end. A member named twice is not a matter of taste: two readers
of the same order would see two different doses.

``decode_strictly`` finds and names all of this at the pace of the standard library. The hot path in ``hook_request``
uses the two cheap exact checks at the end of this file and comes here only to explain.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from cds_hooks.problems import Issue, Refusal
from cds_hooks.wire import encode, exact_number

MOST_NESTING: Final = 100
"""FHIR nests about fifteen deep; what reads, edits and writes it recurses, so what is far deeper is refused."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_MAY_HOLD_HALF_PAIR: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SPEAKABLE: Final = re.compile(r"_?[a-z][A-Za-z]{0,39}\Z")
_STRINGS_AND_BRACKETS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
_FEW_ESCAPES: Final = 32
_MEMBER: Final = re.compile(rb'[ \t\n\r]*("[^"\\]*(?:\\.[^"\\]*)*")[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)
_PLAIN_VALUE: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,{}\[\]"]+', re.DOTALL)
_EMPTY: Final = re.compile(rb"\{[ \t\n\r]*\}")
_AFTER_VALUE: Final = re.compile(rb"[ \t\n\r]*([,}])")


class _Doubled(dict[str, Any]):
    """An object in which a member was named twice."""

    names: tuple[str, ...] = ()


def without_byte_order_mark(body: bytes) -> bytes:
    """The body without the mark that some Windows clients put first."""
    return body[3:] if body.startswith(_BYTE_ORDER_MARK) else body


def decode_strictly(body: bytes, most_nesting: int = MOST_NESTING) -> Any:
    """Read a whole body, numbers exact; raise ``Refusal`` (400) with everything that makes it no JSON of ours."""
    body = without_byte_order_mark(body)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _not_json(f"The body is not UTF-8 (byte {error.start}).") from None
    if not text.strip():
        raise _not_json("The body is empty; expected a JSON object.")
    if depth_of(body) > most_nesting:
        raise Refusal(400, Issue("structure", f"The body nests more than {most_nesting} levels deep."))
    decoded, has_doubled = _decode(text)
    if has_doubled or _MAY_HOLD_HALF_PAIR.search(body):
        issues = [issue for path, value in _places(decoded) for issue in _issues_at(path, value)]
        if issues:
            raise Refusal(400, *issues)
    return decoded


def _decode(text: str) -> tuple[Any, bool]:
    """The value, and whether some object in it names a member twice; such an object is a ``_Doubled``."""
    doubled = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) == len(pairs):
            return built
        counted = Counter(name for name, _ in pairs)
        marked = _Doubled(built)
        marked.names = tuple(name for name, times in counted.items() if times > 1)
        doubled.append(marked)
        return marked

    try:
        decoded = json.loads(text, object_pairs_hook=build, parse_float=exact_number, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _not_json(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise Refusal(400, Issue("structure", "The body nests too deep to be read.")) from None
    except (ValueError, ArithmeticError):
        raise _not_json("The body holds a number that is none, or that is too large to be read.") from None
    return decoded, bool(doubled)


def _issues_at(path: str, value: Any) -> Iterator[Issue]:
    if isinstance(value, _Doubled):
        for name in value.names:
            yield Issue("structure", "Named twice in one object.", join(path, speakable(name)))
    texts = value if isinstance(value, dict) else [value] if isinstance(value, str) else ()
    if any(_HALF_PAIR.search(text) for text in texts):
        yield Issue("structure", "Text with half of a surrogate pair, which is no character.", path)


def join(path: str, member: str | int) -> str:
    """The path of a member, as FHIRPath writes it.

    >>> join("context", "draftOrders"), join("entry", 2), join("", "hook")
    ('context.draftOrders', 'entry[2]', 'hook')
    """
    if isinstance(member, int):
        return f"{path}[{member}]"
    return f"{path}.{member}" if path else member


def speakable(name: str) -> str:
    """A client's name for a member, if it looks like one that FHIR or CDS Hooks could have given; else that there is
    one.

    A client may put anything there, also a patient's name, and a refusal repeats nothing of a chart.

    >>> speakable("dosageInstruction"), speakable("_status"), speakable("Ann Lee")
    ('dosageInstruction', '_status', '(a member)')
    """
    return name if _SPEAKABLE.match(name) else "(a member)"


def _places(decoded: Any) -> Iterator[tuple[str, Any]]:
    """Every value with its path, outermost first; a loop rather than recursion, for the depth is the client's."""
    waiting: list[tuple[str, Any]] = [("", decoded)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting += [(join(path, speakable(name)), member) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [(join(path, nth), member) for nth, member in enumerate(value)]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _not_json(diagnostics: str) -> Refusal:
    return Refusal(400, Issue("structure", diagnostics))


def depth_of(body: bytes) -> int:
    """How many objects and arrays a body opens inside one another; for text that is not JSON, a number like it.

    >>> depth_of(b'{"a": [{"b": "]]{{"}]}')
    3
    """
    depth = deepest = 0
    for token in _STRINGS_AND_BRACKETS.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def may_hold_half_pair(body: bytes) -> bool:
    """Whether an escape in the body begins or ends a surrogate pair, so that pairs must be checked."""
    # Looking for one byte is twenty times cheaper than looking for a word, and many bodies hold no escape, or few.
    position = body.find(b"\\")
    for _ in range(_FEW_ESCAPES):
        if position < 0:
            return False
        if body[position + 1 : position + 2] == b"u" and body[position + 2 : position + 3] in (b"d", b"D"):
            break  # the pattern below tells whether it is one of those that stand for half a pair
        position = body.find(b"\\", position + 2)
    return _MAY_HOLD_HALF_PAIR.search(body) is not None


def nests_within_bounds(raw: bytes) -> bool:
    """Whether a text nests no deeper than ``MOST_NESTING``; counting its brackets is nearly always enough to know."""
    return raw.count(b"{") + raw.count(b"[") <= MOST_NESTING or depth_of(raw) <= MOST_NESTING


def names_each_once(raw: bytes, decoded: Any) -> bool:
    r"""Whether no object anywhere in a text names a member twice, given what decoding kept of it, numbers exact.

    A member that was lost took the quotation marks of its name along, and nothing puts others in their place: so the
    marks in the text are counted, and those in the value written again. Spaces and needless escapes (``\u00e9``,
    ``\/``) change neither number, only a mark written ``\u0022`` would. ``False`` may be a false alarm, ``True`` never is.
    """
    return raw.count(b'"') == encode(decoded).count(b'"') and b"\\u0022" not in raw


def names_members_once(body: bytes, start: int, kept: Mapping[str, bytes | Mapping[str, bytes | None] | None]) -> int:
    """Where the object that starts there ends, if it names each of its own members once; otherwise -1.

    ``kept`` has the text of every member that is an object or an array, as decoding kept it; for a mapping, the members
    of that object are walked in the same way. Walks from name to name and steps over each value by its kept text. A
    value whose text is not the kept one was overwritten by a later member of the same name, or nobody kept it: only
    ``decode_strictly`` knows. So -1 may be a false alarm, a position never is.
    """
    position = start + 1
    seen: set[bytes] = set()
    while (member := _MEMBER.match(body, position)) is not None:
        name = member[1]
        if name in seen or b"\\" in name:
            return -1
        seen.add(name)
        position = member.end()
        if body[position] in b"{[":
            value = kept.get(name[1:-1].decode())
            if isinstance(value, bytes):
                if not value or not body.startswith(value, position):
                    return -1
                position += len(value)
            elif value is not None and body[position] in b"{":
                position = names_members_once(body, position, value)
                if position < 0:
                    return -1
            else:
                return -1
        else:
            plain = _PLAIN_VALUE.match(body, position)
            if plain is None:
                return -1
            position = plain.end()
        after = _AFTER_VALUE.match(body, position)
        if after is None:
            return -1
        position = after.end()
        if after[1] == b"}":
            return position
    empty = _EMPTY.match(body, start)
    return -1 if empty is None else empty.end()
