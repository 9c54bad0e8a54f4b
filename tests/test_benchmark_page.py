"""The page of benchmarks: one command measures, draws and writes; every section is there, and the machine is named."""
import platform
import runpy
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from program import CHECKOUT, complete

import imfilter

BENCHMARKS = CHECKOUT / "benchmarks"
ROW = {"group": "edges", "work": "sobel", "threads": 1, "seconds": 0.5, "limit": None, "pixels": 0, "claims": [],
       "peers": {"OpenCV": 3.0, "SciPy": 40.0}}
REPORT = {
    "machine": {"processor": "Abacus 9", "cores": 3, "instruction set": "v3", "system": "Linux-6",
                "versions": {"imfilter": "1.2.3", "OpenCV": "4.5"}},
    "date": "2026-11-29", "options": {"quick": False, "rounds": 5, "statistic": "median"}, "left out": []}


@pytest.fixture
def benchmarks(monkeypatch):
    """Import a module of benchmarks by its name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return pytest.importorskip


def make_report(*rows, **more):
    return REPORT | {"rows": [ROW | row for row in rows or [{}]]} | more


@pytest.mark.slow
def test_one_command_measures_draws_and_writes_a_page_that_names_the_machine(benchmarks, tmp_path):
    pytest.importorskip("cv2")
    folder = tmp_path / "new"
    done = complete([sys.executable, str(BENCHMARKS), "--quick", "--rounds", "1", "--only", "published", "--cells",
                     "albumentations Blur 5", "--folder", str(folder), "--note", "Idle."])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"written: {folder / 'performance.md'}\n")
    page, machine = (folder / "performance.md").read_text(encoding="utf-8"), benchmarks("machine").describe_machine()
    (chart,) = folder.glob("performance-*.svg")
    for words in (
            "# Performance\n", "\n## Processors\n", f"\n### {machine['processor']}\n", "960 x 540", "Idle.",
            f"{machine['cores']} cores, {machine['instruction set']} loops", imfilter.__version__,
            platform.python_version(), np.__version__, f"({chart.name})",
            "\n| group | cells | mean, 1 thread", "\n| published workloads | 1 |", "\n| work | 1 thread",
            "\n| albumentations Blur 5 |", "The published figures were measured by others", "\n1. <https://"):
        assert words in page, words
    for picture in (chart, folder / "performance.svg"):
        assert machine["processor"] in ElementTree.parse(picture).getroot()[2].text


def test_small_images_do_not_replace_the_figures_in_docs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--fresh-memory", "--cells", "none of them"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(BENCHMARKS), run_name="__main__")
    assert "--quick needs a --folder" in capsys.readouterr().err


def test_a_processor_is_replaced_or_added_after_the_others(benchmarks, tmp_path):
    report = benchmarks("report")
    page = report.write_page(report.merge_reports([make_report()]), tmp_path, "")
    others = make_report({"peers": {"OpenCV": 0.5}}, machine=REPORT["machine"] | {"processor": "Bead 2"})
    report.write_page(report.merge_reports([others]), tmp_path, "")
    report.write_page(report.merge_reports([make_report({"peers": {"OpenCV": 7.0}})]), tmp_path, "")
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith(("### ", "| sobel"))] == [
        "### Abacus 9", "| sobel | 7.00 | OpenCV |  |  |", "### Bead 2", "| sobel | **0.50** | OpenCV |  |  |"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "performance-abacus-9.svg", "performance-bead-2.svg", "performance.md", "performance.svg"]


def test_a_section_says_what_was_measured_how_and_what_was_left_out(benchmarks):
    report = benchmarks("report").merge_reports([make_report(
        {}, {"threads": 2, "peers": {"OpenCV": 0.75}}, {"work": "alone", "peers": {}},
        **{"left out": ["sobel: SciPy differs by 9"], "more": {"start-up": {"imfilter list": 1.5}}})])
    text = " ".join("\n".join(benchmarks("section").format_section(report, "chart.svg", "Idle.")).split())
    for words in (
            "3 cores, v3 loops, Linux-6, images of 3840 x 2160 RGB unless stated otherwise. Figures are medians of 5 "
            "rounds on 2026-11-29. Idle. Versions: imfilter 1.2.3, OpenCV 4.5. The geometric mean over all cells is "
            "3.00 on 1 thread and 0.75 on 2 threads; 1 of 2 measurements are below 1 (bold).",
            "left out: sobel: SciPy differs by 9.", "![Ratio to the fastest peer](chart.svg)",
            "| edges | 1 | 3.00 | 3.00 | 0.75 | **0.75** |", "| sobel | 3.00 | **0.75** | OpenCV | | SciPy 40 |",
            "| start-up | imfilter list | 1.5 |"):
        assert words in text, words
    assert "alone" not in text


def test_a_peer_that_computes_something_else_is_left_out(benchmarks):
    cells, compare = benchmarks("cells.common"), benchmarks("compare")
    ours = np.arange(64.0).reshape(8, 8)
    cell = cells.Cell("work", {"imfilter": lambda: ours, "same": lambda: ours + 1, "other": lambda: ours[::-1]},
                      slow={"slow": lambda: ours - 1, "NaN": lambda: ours * np.nan}, border=2)
    seconds, removed = compare.check_results(cell)
    assert list(cell.contestants) == ["imfilter", "same"] and list(seconds) == list(cell.slow) == ["slow"]
    assert removed == ["work: other differs by 24", "work: NaN differs by nan"]


def test_without_peers_the_command_says_what_to_install(benchmarks):
    report = benchmarks("report")
    with pytest.raises(SystemExit, match="no cell has a peer: pip install"):
        report.merge_reports([make_report({"peers": {}})])
