"""Write the chart and the tables of a processor into docs/performance.md, from the JSON files of compare.py.

    python benchmarks/report.py FILE.json ... [--threads 1 2] [--folder docs] [--note TEXT]

All files must come from one processor; of cells that several files have, the last one counts. Writes
performance-PROCESSOR.svg, a bar for each cell, and performance.svg, a bar for each group; and replaces what
performance.md has between the two comments that name the processor. A processor that is new there is added after the
others.
"""
from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chart import draw_chart
from summary import GOALS, Row, average_ratios, find_ratio, summarize_groups

END = "<!-- end of processors -->"


def merge_reports(paths: list[Path]) -> dict[str, Any]:
    """Return one report with the rows of all files, in the order of the groups."""
    reports: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for what, values in (
            ("processor", {report["machine"]["processor"] for report in reports}),
            ("size of images", {"small" if report["options"]["quick"] else "full" for report in reports}),
            ("statistic", {report["options"]["statistic"] for report in reports})):
        if len(values) > 1:
            raise SystemExit(f"the files must have one {what}, got {', '.join(sorted(values))}")
    rows = {(row["group"], row["work"], row["threads"]): row for report in reports for row in report["rows"]}
    order = list(GOALS)
    return reports[-1] | {
        "rows": sorted((row for row in rows.values() if row["peers"]), key=lambda row: order.index(row["group"])),
        "rounds": min(report["options"]["rounds"] for report in reports)}


def format_section(report: dict[str, Any], picture: str, note: str) -> Iterator[str]:
    """Yield the lines of a processor's section: what was measured, the chart, and the tables."""
    rows, machine, options = report["rows"], report["machine"], report["options"]
    threads = sorted({row["threads"] for row in rows})
    yield f"### {machine['processor']}\n"
    means = " and ".join(f"{average_ratios(row for row in rows if row['threads'] == count):.2f} on {count} "
                         f"thread{'s' * (count > 1)}" for count in threads)
    statistic = {"median": "medians", "minimum": "shortest times"}[options["statistic"]]
    size = "960 x 540" if options["quick"] else "3840 x 2160"
    behind = sum(find_ratio(row) < 1 for row in rows)
    peers = ", ".join(f"{name} {version}" for name, version in machine["versions"].items()
                      if name not in ("imfilter", "Python", "NumPy"))
    yield textwrap.fill(
        f"{machine['cores']} cores, {machine['instruction set']} loops, images of {size} RGB unless stated otherwise. "
        f"Figures are {statistic} of at least {report['rounds']} measurements. {note} The peers are {peers}. The "
        f"geometric mean over all cells is {means}; {behind} of {len(rows)} measurements are below 1 (bold). Bars end "
        f"at the edges of the scale.", 120, break_on_hyphens=False) + "\n"
    yield f"![Ratio to the fastest peer]({picture})\n"
    yield from format_groups(rows, threads)
    yield from format_cells(rows, threads)
    yield from format_claims(rows)


def format_groups(rows: list[Row], threads: list[int]) -> Iterator[str]:
    """Yield a table of the groups: geometric mean and least ratio for each number of threads."""
    summary = {(line["group"], line["threads"]): line for line in summarize_groups(rows)}
    columns = (f"{figure}, {name_threads(count)}" for count in threads for figure in ("mean", "least"))
    yield f"| group | cells | {' | '.join(columns)} |"
    yield "| --- | --- |" + " --- | --- |" * len(threads)
    for group in dict.fromkeys(row["group"] for row in rows):
        lines = [summary[group, count] for count in threads]
        cells = " | ".join(f"{line['mean']:.2f} | {format_ratio(line['least'])}" for line in lines)
        yield f"| {GOALS[group].work} | {lines[0]['cells']} | {cells} |"
    yield ""


def name_threads(count: int) -> str:
    """Return '1 thread' or '2 threads'."""
    return f"{count} thread{'s' * (count > 1)}"


def format_ratio(ratio: float) -> str:
    """Return a ratio, in bold where the peer is faster."""
    return f"**{ratio:.2f}**" if ratio < 1 else f"{ratio:.2f}"


def format_cells(rows: list[Row], threads: list[int]) -> Iterator[str]:
    """Yield a table of all cells: the fastest peer for each number of threads, then Pillow and the others."""
    yield "| work | " + " | ".join(map(name_threads, threads)) + " | nearest peer | Pillow | other peers |"
    yield "| --- |" + " --- |" * (len(threads) + 3)
    for group, work in dict.fromkeys((row["group"], row["work"]) for row in rows):
        members = {row["threads"]: row for row in rows if (row["group"], row["work"]) == (group, work)}
        peers = members[threads[0]]["peers"]
        nearest = min(peers, key=peers.get)
        others = ", ".join(f"{name} {format_figure(peers[name])}" for name in sorted(peers, key=peers.get)
                           if name not in (nearest, "Pillow"))
        pillow = format_figure(peers["Pillow"]) if "Pillow" in peers else ""
        ratios = " | ".join(format_ratio(find_ratio(members[count])) for count in threads)
        yield f"| {work} | {ratios} | {nearest} | {pillow} | {others} |"
    yield ""


def format_claims(rows: list[Row]) -> Iterator[str]:
    """Yield a table of published figures next to those measured here on one thread, and the sources."""
    rows = [row for row in rows if row["claims"] and row["threads"] == 1]
    if not rows:
        return
    sources = list(dict.fromkeys((claim["source"], claim["machine"]) for row in rows for claim in row["claims"]))
    yield "Published workloads, on one thread here. The published figures were measured by others, on other machines:\n"
    yield "| work | published | imfilter here | peers here | source |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        claims, unit = row["claims"], row["claims"][0]["unit"]
        published = ", ".join(f"{claim['library']} {claim['figure']:g}" for claim in claims) + f" {unit}"
        peers = ", ".join(f"{name} {convert_seconds(row['seconds'] * ratio, unit, row['pixels'])}"
                          for name, ratio in row["peers"].items())
        source = sources.index((claims[0]["source"], claims[0]["machine"])) + 1
        ours = convert_seconds(row["seconds"], unit, row["pixels"])
        yield f"| {row['work']} | {published} | {ours} {unit} | {peers} | {source} |"
    yield ""
    for number, (source, machine) in enumerate(sources, 1):
        yield f"{number}. <{source}>; processor: {machine}."


def convert_seconds(seconds: float, unit: str, pixels: int) -> str:
    """Return a time in the unit of a claim."""
    return format_figure({"Mpx/s": pixels / seconds / 1e6, "images/s": 1 / seconds, "ms": seconds * 1000}[unit])


def format_figure(figure: float) -> str:
    """Return a figure with two or three digits that count."""
    return f"{figure:.{2 if figure < 1 else 1 if figure < 20 else 0}f}"


def insert_section(text: str, slug: str, lines: list[str]) -> str:
    """Return a document with the section of a processor replaced, or added after the others."""
    start, end = f"<!-- {slug} -->", f"<!-- end of {slug} -->"
    section = "\n".join([start, "", *lines, "", end])
    if start in text:
        return text[:text.index(start)] + section + text[text.index(end) + len(end):]
    if END not in text:
        raise SystemExit(f"performance.md must have a line {END}, after which no processor is added")
    return text.replace(END, f"{section}\n\n{END}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.json", help="measurements of one processor")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent / "docs", help="default: docs")
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help="default: all that were measured")
    parser.add_argument("--note", default="", help="a sentence about the machine")
    options = parser.parse_args()
    report = merge_reports(options.files)
    report["rows"] = [row for row in report["rows"] if row["threads"] in (options.threads or [row["threads"]])]
    slug = re.sub(r"[^a-z0-9]+", "-", report["machine"]["processor"].lower()).strip("-")
    picture, page = options.folder / f"performance-{slug}.svg", options.folder / "performance.md"
    title = f"Time of the fastest peer / time of imfilter, {report['machine']['processor']}"
    picture.write_text(draw_chart(report["rows"], title), encoding="utf-8")
    means = [line | {"work": GOALS[line["group"]].work, "group": "", "peers": {"mean": line["mean"]}}
             for line in summarize_groups(report["rows"])]
    (options.folder / "performance.svg").write_text(draw_chart(means, title), encoding="utf-8")
    lines = list(format_section(report, picture.name, options.note))
    page.write_text(insert_section(page.read_text(encoding="utf-8"), slug, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
