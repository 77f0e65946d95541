"""A page of the work list stays fast, however many cards there are."""

from __future__ import annotations

import pytest

from tests.benchmarks import work_list


def test_the_measurement_runs_and_names_the_slowest_view(capsys):
    assert work_list.main(["--cards", "500", "--most", "5000"]) == 0
    told = capsys.readouterr().out
    assert "all tenants, risk first" in told
    assert "one tenant, oldest, from the middle" in told
    assert "among 500 cards; at most 5000 ms" in told


def test_the_measurement_fails_when_a_page_is_too_slow(capsys):
    assert work_list.main(["--cards", "50", "--most", "0"]) == 1
    assert "at most 0 ms" in capsys.readouterr().out


@pytest.mark.nightly
def test_a_page_takes_less_than_three_hundred_milliseconds_among_a_hundred_thousand_cards():
    assert work_list.main(["--cards", "100000", "--most", "300"]) == 0
