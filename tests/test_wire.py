"""JSON as it leaves: bytes, not objects."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

from cds_hooks.wire import WrittenDecimal, encode, encode_tidily, exact_number


def test_nothing_empty_leaves_but_the_two_lists_that_say_none():
    value = {
        "cards": [],
        "services": [],
        "systemActions": [],
        "a": None,
        "b": "",
        "c": {},
        "d": {"e": [None, "", {}, [], {"f": None}]},
        "g": [0, False, " "],
        "h": 0,
        "i": False,
    }
    assert encode_tidily(value) == b'{"cards":[],"services":[],"g":[0,false," "],"h":0,"i":false}'


def test_a_list_of_cards_that_is_nothing_is_left_out_like_anything_else():
    assert encode_tidily({"cards": None, "services": ""}) == b"{}"


def test_nothing_inside_a_resource_is_touched():
    action = {"type": "update", "resource": {"resourceType": "X", "a": None, "b": "", "c": [], "d": {"cards": []}}}
    assert encode_tidily({"actions": [action]}) == (
        b'{"actions":[{"type":"update","resource":{"resourceType":"X","a":null,"b":"","c":[],"d":{"cards":[]}}}]}'
    )


def test_members_keep_their_order():
    assert encode({"b": 1, "a": 2}) == b'{"b":1,"a":2}'


def test_a_number_with_a_unit_of_its_own_is_written_as_the_number():
    class Quantity(Decimal):
        pass

    assert encode([Quantity("4.50")]) == b"[4.50]"


def test_a_written_number_survives_copying_and_counting():
    number = exact_number("1e2")
    assert isinstance(number, WrittenDecimal)
    for copied in (copy.copy(number), copy.deepcopy([number])[0], pickle.loads(pickle.dumps(number))):  # noqa: S301 - ours
        assert encode(copied) == b"1e2"
    assert type(number + 1) is Decimal
    assert {number: 1}[Decimal(100)] == 1


@pytest.mark.parametrize("text", ["1e400", "-1e-400", "0e999", "1e99999999999999999999"])
def test_a_number_that_would_fill_the_memory_is_none(text: str):
    with pytest.raises(ArithmeticError):
        exact_number(text)


def test_what_is_no_json_is_an_error():
    with pytest.raises(TypeError):
        encode({"a": object()})
