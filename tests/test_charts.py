"""The charts of benchmarks: bars use the width that they have, lines have labels that can be read."""
import itertools
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


def test_the_chart_of_gaussians_labels_every_line_without_overlaps(monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks")
    gaussians = pytest.importorskip("gaussian_chart")
    rows = [{"sigma": sigma, "method": name, "seconds": 0.01 * (k + 1), "error": 0.1 + k / 50}
            for k, name in enumerate(gaussians.LOOKS) for sigma in (0.5, 5, 500) if sigma < 500 or name != "OpenCV"]
    report = {"rows": rows, "size": [540, 960], "machine": {"processor": "a processor"}}
    text = gaussians.draw_gaussians(report)
    assert text.count("<polyline") == len(gaussians.LOOKS) - 1 + 5
    labels = re.findall(r'class="label t\d" x="([\d.]+)" y="([\d.]+)">([^<]+)<', text)
    assert [label for _, _, label in labels].count("Pillow") == 2 and "OpenCV" in [label for _, _, label in labels]
    for x in {x for x, _, _ in labels}:
        heights = sorted(float(y) for place, y, _ in labels if place == x)
        assert all(after - before > 12 for before, after in itertools.pairwise(heights))
    assert gaussians.spread([5, 5, 40], [10, 10, 10]) == pytest.approx([0, 10, 40])
