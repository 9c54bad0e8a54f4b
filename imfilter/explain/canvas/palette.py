"""Colors by role, for light and dark backgrounds."""
from __future__ import annotations

import numpy as np

RGB = tuple[int, int, int]
Color = str | RGB  # a role, which follows light and dark; or a color that is the same in both

# Blue, orange and green of M. Okabe and K. Ito, "Color universal design", 2008, which color-blind people can
# distinguish, as tints on which numbers stay legible.
LIGHT = {
    "paper": "#ffffff", "ink": "#1c2230", "quiet": "#586170", "rule": "#bcc5d1", "frame": "#8a94a3",
    "image": "#e3eef8", "outside": "#f2f1ee", "empty": "#ffffff", "field": "#fbdca0", "window": "#8f4a00",
    "made": "#bfe6d8", "new": "#00795a", "cone": "#fdf2dc",
}
DARK = {
    "paper": "#15181e", "ink": "#eceff4", "quiet": "#a7b0bf", "rule": "#434b59", "frame": "#77818f",
    "image": "#20364d", "outside": "#24262b", "empty": "#15181e", "field": "#573b08", "window": "#f3b34d",
    "made": "#17493b", "new": "#4cc9a4", "cone": "#2f2410",
}

LETTERS, FILLS = ("ink", "quiet", "window"), ("paper", "image", "outside", "field", "made")


def rgb(color: Color) -> RGB:
    """Return the red, green and blue of a color on a light background."""
    if not isinstance(color, str):
        return color
    red, green, blue = bytes.fromhex(LIGHT[color][1:])
    return red, green, blue


def mix_colors(steps: int) -> list[RGB]:
    """Return all light colors, and those between letters and the fills below them, for smooth letters in a GIF."""
    letters, fills = (np.array([rgb(role) for role in roles]) for roles in (LETTERS, FILLS))
    share = np.arange(1, steps)[:, None, None, None] / steps
    between = (letters[:, None] * share + fills * (1 - share)).round().astype(int).reshape(-1, 3)
    return list(dict.fromkeys([*map(rgb, LIGHT), *map(tuple, between.tolist())]))


def dark_rules() -> str:
    """Return CSS that switches SVG shapes to dark colors; f- and l- are the classes of fills and of lines."""
    rules = "".join(f".f-{role}{{fill:{color}}}.l-{role}{{stroke:{color}}}" for role, color in DARK.items())
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def css_variables(colors: dict[str, str]) -> str:
    """Return colors as CSS variables."""
    return "".join(f"--{role}:{color};" for role, color in colors.items())


def scoped_rules(scope: str) -> str:
    """Return CSS that colors the SVG shapes below a selector by variables, whatever other rules a page has."""
    return "".join(f"{scope} .f-{role}{{fill:var(--{role})}}{scope} .l-{role}{{stroke:var(--{role})}}"
                   for role in LIGHT)
