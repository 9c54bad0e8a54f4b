"""Cards: a heading, tables and drawings as HTML for notebooks, light and dark, without scripts and requests."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ...errors import shorten
from ...runtime.printable import escape_controls
from ..canvas.lines import bind_sizes
from ..canvas.page import least_width, widen_panel
from ..canvas.palette import DARK, LIGHT, css_variables, scoped_rules
from ..canvas.scene import Panel
from ..canvas.svg import render_panel

LONGEST = 400  # characters of a text that a user wrote
STILL = 1  # frames
# How JupyterLab, VS Code, Colab and pages made by Sphinx say that they are dark. Where nothing does, drawings are light
# on light paper of their own, and tables take the colors around them.
DARK_THEMES = (
    '[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    "[theme=dark]", "[data-theme=dark]")
STYLE = f"""\
.imfilter{{{css_variables(LIGHT)}font-size:13px;line-height:1.45;max-width:70rem}}
:is({",".join(DARK_THEMES)}) .imfilter{{{css_variables(DARK)}}}
{scoped_rules(".imfilter")}
.imfilter p{{margin:.3rem 0;overflow-wrap:anywhere}}
.imfilter .name{{font-weight:600;margin-right:.6em}}
.imfilter code{{background:none;color:inherit;padding:0;overflow-wrap:anywhere;white-space:pre-wrap}}
.imfilter .parts{{display:flex;flex-wrap:wrap;gap:.6rem 1.2rem;align-items:flex-start}}
.imfilter td code{{overflow-wrap:break-word}}
.imfilter td .parts{{gap:.3rem;align-items:end}}
.imfilter .part{{max-width:100%;overflow-x:auto}}
.imfilter svg{{display:block;max-width:100%;height:auto;background:var(--paper)}}
.imfilter table{{border-collapse:collapse;margin:.3rem 0;border:0;font-size:inherit;width:auto;\
font-variant-numeric:tabular-nums}}
.imfilter table tr{{background:none!important}}
.imfilter th,.imfilter td{{border:0;border-bottom:1px solid rgba(128,128,128,.35);padding:.2em .7em .2em 0;\
text-align:left!important;vertical-align:top;color:inherit;white-space:normal;max-width:34em}}
.imfilter th{{font-weight:600;white-space:nowrap}}
.imfilter .number{{text-align:right!important;white-space:nowrap}}
.imfilter .facts th{{font-weight:400;opacity:.75;white-space:nowrap}}
.imfilter td:has(.bar){{white-space:nowrap}}
.imfilter .bar{{display:inline-block;width:6em;margin-right:.5em}}
.imfilter .bar span{{display:block;height:.7em;min-width:1px;background:var(--window)}}"""


def make_card(kind: str, text: str, parts: Iterable[str], notes: Sequence[str] = ()) -> str:
    """Return a card. kind: of the object. text: how the user writes it. parts: tables and drawings, as HTML."""
    name = f'<span class="name">{_write(kind)}</span>' + (f"<code>{write_cell(text)}</code>" if text else "")
    inner = "\n".join(f'<div class="part">{part}</div>' for part in parts if part)
    below = "\n".join(f"<p>{_write(note)}</p>" for note in notes)
    return (f'<div class="imfilter"><style>{STYLE}</style>\n<p>{name}</p>\n<div class="parts">\n{inner}\n</div>\n'
            f"{below}</div>")


def facts_table(facts: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values."""
    rows = "\n".join(f'<tr><th scope="row">{_write(name)}</th><td>{_write(value)}</td></tr>' for name, value in facts)
    return f'<table class="facts">\n{rows}\n</table>'


def grid_table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table below a row of heads. rows: cells as HTML. numbers: the columns that are aligned at the right."""
    kinds = [' class="number"' if k in set(numbers) else "" for k in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{_write(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "\n".join("<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
                     for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def drawing(panel: Panel) -> str:
    """Return a drawing as SVG, which shrinks where there is less room while it stays legible, and scrolls beyond."""
    wide = widen_panel(panel)
    return render_panel(wide, STILL).replace(' style="', f' style="min-width:{least_width(wide):.0f}px;', 1)


def write_cell(text: str) -> str:
    """Return a text as the content of a cell of `grid_table`."""
    return _write(shorten(text, LONGEST))


def _write(text: str) -> str:
    return escape(bind_sizes(escape_controls(text)))
