"""A processor's section of docs/performance.md: what was measured, the chart, and the tables, as lines of Markdown."""
from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from summary import GOALS, Row, average_ratios, find_ratio, summarize_groups


def format_section(report: dict[str, Any], picture: str, note: str) -> Iterator[str]:
    """Yield the lines of a processor's section: what was measured, the chart, and the tables."""
    rows, machine = report["rows"], report["machine"]
    threads = sorted({row["threads"] for row in rows})
    yield f"### {machine['processor']}\n"
    yield fill(" ".join(describe(report, note)))
    if report["left out"]:
        yield fill(f"Peers that do not compute the same here are left out: {'; '.join(report['left out'])}.")
    yield f"![Ratio to the fastest peer]({picture})\n"
    yield from format_groups(rows, threads)
    yield from format_cells(rows, threads)
    yield from format_claims(rows)
    yield from format_more(report.get("more", {}))


def describe(report: dict[str, Any], note: str) -> Iterator[str]:
    """Yield sentences about the machine, the measurement, the versions and the means."""
    rows, machine, options = report["rows"], report["machine"], report["options"]
    size = "960 x 540" if options["quick"] else "3840 x 2160"
    yield (f"{machine['cores']} cores, {machine['instruction set']} loops, {machine['system']}, images of {size} RGB "
           f"unless stated otherwise.")
    statistic = {"median": "medians", "minimum": "shortest times"}[options["statistic"]]
    date = f" on {report['date']}" if "date" in report else ""
    yield f"Figures are {statistic} of {name_count(report['rounds'], 'round')}{date}."
    if note:
        yield note
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in machine['versions'].items())}."
    means = " and ".join(f"{average_ratios(row for row in rows if row['threads'] == count):.2f} on "
                         f"{name_count(count, 'thread')}" for count in sorted({row["threads"] for row in rows}))
    behind = sum(find_ratio(row) < 1 for row in rows)
    yield f"The geometric mean over all cells is {means}; {behind} of {len(rows)} measurements are below 1 (bold)."
    yield "Bars end at the edges of the scale."


def fill(text: str) -> str:
    """Return a paragraph with lines of 120 characters."""
    return textwrap.fill(text, 120, break_on_hyphens=False, break_long_words=False) + "\n"


def format_groups(rows: list[Row], threads: list[int]) -> Iterator[str]:
    """Yield a table of the groups: geometric mean and least ratio for each number of threads."""
    summary = {(line["group"], line["threads"]): line for line in summarize_groups(rows)}
    columns = (f"{figure}, {name_count(count, 'thread')}" for count in threads for figure in ("mean", "least"))
    yield f"| group | cells | {' | '.join(columns)} |"
    yield "| --- | --- |" + " --- | --- |" * len(threads)
    for group in dict.fromkeys(row["group"] for row in rows):
        lines = [summary[group, count] for count in threads]
        cells = " | ".join(f"{line['mean']:.2f} | {format_ratio(line['least'])}" for line in lines)
        yield f"| {GOALS[group].work} | {lines[0]['cells']} | {cells} |"
    yield ""


def name_count(count: int, what: str) -> str:
    """Return '1 thread' or '2 threads'."""
    return f"{count} {what}{'s' * (count > 1)}"


def format_ratio(ratio: float) -> str:
    """Return a ratio, in bold where the peer is faster."""
    return f"**{ratio:.2f}**" if ratio < 1 else f"{ratio:.2f}"


def format_cells(rows: list[Row], threads: list[int]) -> Iterator[str]:
    """Yield a table of all cells: the fastest peer for each number of threads, then Pillow and the others."""
    columns = " | ".join(name_count(count, "thread") for count in threads)
    yield f"| work | {columns} | nearest peer | Pillow | other peers |"
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


def format_more(more: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield a table of memory, start-up times and the cost per pixel, if they were measured."""
    if more:
        yield "\n| measured | of | figure |"
        yield "| --- | --- | --- |"
        yield from (f"| {what} | {name} | {format_figure(figure)} |"
                    for what, figures in more.items() for name, figure in figures.items())


def convert_seconds(seconds: float, unit: str, pixels: int) -> str:
    """Return a time in the unit of a claim."""
    return format_figure({"Mpx/s": pixels / seconds / 1e6, "images/s": 1 / seconds, "ms": seconds * 1000}[unit])


def format_figure(figure: float) -> str:
    """Return a figure with two or three digits that count."""
    return f"{figure:.{2 if figure < 1 else 1 if figure < 20 else 0}f}"
