"""The charts of benchmarks/report.py use the width that they have."""
import re

import pytest
from program import CHECKOUT


@pytest.fixture
def chart(monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks")
    return pytest.importorskip("chart")


def draw_ratios(chart, *ratios):
    """Return the labels of the scale, and the place and the width of each bar."""
    rows = [{"group": "edges", "work": f"cell {k}", "threads": 1, "peers": {"OpenCV": ratio}}
            for k, ratio in enumerate(ratios)]
    text = chart.draw_chart(rows, "ratios")
    bars = re.findall(r'<rect class="bar0" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', text)[1:]    # after the legend
    return re.findall(r'text-anchor="middle">([\d.]+)<', text), [tuple(map(float, bar)) for bar in bars]


@pytest.mark.parametrize(("ratios", "scale", "bars"), [
    ((4, 2), ["1", "2", "4"], [(300, 720), (300, 360)]),
    ((1,), ["1", "2"], [(300, 0)]),
    ((0.5, 2), ["0.5", "1", "2"], [(300, 360), (660, 360)]),
    ((1 / 16, 2**9), ["0.125", "0.25", "0.5", "1", "2", "4", "8", "16", "32", "64"], [(300, 240), (540, 480)]),
])
def test_the_scale_reaches_from_the_smallest_ratio_to_the_largest(chart, ratios, scale, bars):
    assert draw_ratios(chart, *ratios) == (scale, bars)
