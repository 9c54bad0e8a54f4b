"""Write the charts and the tables of a processor into docs/performance.md, from the JSON files of compare.py.

    python benchmarks/report.py FILE.json ... [--threads 1 2] [--folder docs] [--note TEXT]

All files must come from one processor; of cells that several files have, the last one counts. Writes
performance-PROCESSOR.svg, a bar for each cell, and performance.svg, a bar for each group; and replaces what
performance.md has between the two comments that name the processor. A processor that is new there is added after the
others. In a folder without performance.md, the page begins as the one in docs does.
"""
from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from chart import draw_chart
from section import format_section
from summary import GOALS, keep_compared, summarize_groups

END = "<!-- end of processors -->"
DOCS = Path(__file__).parent.parent / "docs"
PAGE = "performance.md"


def merge_reports(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one report with the rows of all, in the order of the groups, but of cells that have no peers."""
    for what, values in (
            ("processor", {report["machine"]["processor"] for report in reports}),
            ("size of images", {"small" if report["options"]["quick"] else "full" for report in reports}),
            ("statistic", {report["options"]["statistic"] for report in reports})):
        if len(values) > 1:
            raise SystemExit(f"the reports must have one {what}, got {', '.join(sorted(values))}")
    rows = {(row["group"], row["work"], row["threads"]): row for report in reports for row in report["rows"]}
    order = list(GOALS)
    return reports[-1] | {
        "rows": sorted(keep_compared(rows.values()), key=lambda row: order.index(row["group"])),
        "rounds": min(report["options"]["rounds"] for report in reports),
        "left out": [peer for report in reports for peer in report.get("left out", ())]}


def insert_section(text: str, slug: str, lines: list[str]) -> str:
    """Return a document with the section of a processor replaced, or added after the others."""
    start, end = f"<!-- {slug} -->", f"<!-- end of {slug} -->"
    section = "\n".join([start, "", *lines, "", end])
    if start in text:
        return text[:text.index(start)] + section + text[text.index(end) + len(end):]
    if END not in text:
        raise SystemExit(f"performance.md must have a line {END}, after which no processor is added")
    return text.replace(END, f"{section}\n\n{END}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of what to write, and where."""
    parser.add_argument("--folder", type=Path, default=DOCS, help="of the page and its charts (default: docs)")
    parser.add_argument("--note", default="", help="a sentence about the machine")


def write_page(report: dict[str, Any], folder: Path, note: str) -> Path:
    """Write the charts of a merged report and its section of the page, and return the page's path."""
    processor = report["machine"]["processor"]
    slug = re.sub(r"[^a-z0-9]+", "-", processor.lower()).strip("-")
    picture, page = f"performance-{slug}.svg", folder / PAGE
    title = f"Time of the fastest peer / time of imfilter, {processor}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / picture).write_text(draw_chart(report["rows"], title), encoding="utf-8")
    means = [line | {"work": GOALS[line["group"]].work, "group": "", "peers": {"mean": line["mean"]}}
             for line in summarize_groups(report["rows"])]
    (folder / "performance.svg").write_text(draw_chart(means, title), encoding="utf-8")
    text = page.read_text(encoding="utf-8") if page.exists() else begin_page()
    page.write_text(insert_section(text, slug, list(format_section(report, picture, note))), encoding="utf-8")
    return page


def begin_page() -> str:
    """Return what stands above the processors in docs, and no processor."""
    head, heading, _ = (DOCS / PAGE).read_text(encoding="utf-8").partition("## Processors\n")
    return f"{head}{heading}\n{END}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.json", help="measurements of one processor")
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help="default: all that were measured")
    add_options(parser)
    options = parser.parse_args()
    report = merge_reports([json.loads(path.read_text(encoding="utf-8")) for path in options.files])
    report["rows"] = [row for row in report["rows"] if row["threads"] in (options.threads or [row["threads"]])]
    write_page(report, options.folder, options.note)


if __name__ == "__main__":
    main()
