"""Charts: well-formed, told in words too, and nothing in them that a policy without inline code would refuse."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from cds_hooks.figures.charts import Mark, bars, histogram, lines, sparkline, stacked

CHARTS = {
    "lines": lines(
        "Cards <b>", ["a", "b", "c"], {"critical": [1, None, 3], "info": [2, 2, 2]}, [Mark(1, "ldn-a silent")]
    ),
    "bars": bars("Rules", [("ldn-a & co", 0.5, "50 %"), ("x" * 50, 0, "0 %")], top=1),
    "stacked": stacked("Reasons", [("ldn-a", {"one": 3, "two": 1}), ("ldn-b", {})], ["one", "two"]),
    "histogram": histogram("Seconds", [("0–1", 4), ("1–3", 0), ("3+", 9)], Mark(2, "3 s")),
    "sparkline": sparkline([0, 3, 1], "ldn-a, 30 days"),
    "nothing": lines("Nothing", [], {}),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_chart_is_well_formed_and_has_neither_script_nor_style(chart):
    root = ET.fromstring(str(chart))  # noqa: S314 - our own
    for element in root.iter():
        assert element.tag not in ("script", "style", "foreignObject")
        assert not any(name == "style" or name.startswith("on") for name in element.attrib)


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_chart_has_a_name_for_those_who_do_not_see_it(chart):
    svg = next(one for one in ET.fromstring(str(chart)).iter() if one.tag == "svg" and one.get("role"))  # noqa: S314
    assert svg.get("role") == "img"
    assert svg.get("aria-label")


def test_a_line_has_a_gap_where_a_figure_is_missing():
    assert str(CHARTS["lines"]).count("<polyline") == 3


def test_markup_in_a_name_is_shown_and_not_run():
    assert "<b>" not in str(CHARTS["lines"])


def test_the_figures_are_told_in_words():
    assert "critical: 1, –, 3" in str(CHARTS["lines"])
    assert "ldn-a: one 3, two 1" in str(CHARTS["stacked"])
