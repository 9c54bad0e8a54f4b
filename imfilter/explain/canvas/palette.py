"""The colors of pictures that explain, by what they stand for, for light and for dark rooms."""
from __future__ import annotations

import numpy as np

Color = tuple[int, int, int]

# Blue, orange and green of M. Okabe and K. Ito, "Color universal design", 2008, which color-blind eyes tell apart,
# as tints that numbers can be read on.
LIGHT = {
    "paper": "#ffffff", "ink": "#1c2230", "quiet": "#586170", "rule": "#bcc5d1", "frame": "#8a94a3",
    "image": "#e3eef8", "outside": "#f2f1ee", "empty": "#ffffff", "field": "#fbdca0", "window": "#8f4a00",
    "made": "#bfe6d8", "new": "#00795a",
}
DARK = {
    "paper": "#15181e", "ink": "#eceff4", "quiet": "#a7b0bf", "rule": "#434b59", "frame": "#77818f",
    "image": "#20364d", "outside": "#24262b", "empty": "#15181e", "field": "#573b08", "window": "#f3b34d",
    "made": "#17493b", "new": "#4cc9a4",
}

LETTERS, FILLS = ("ink", "quiet", "window"), ("paper", "image", "outside", "field", "made")


def rgb(role: str) -> Color:
    """Return the color that a role has in light."""
    red, green, blue = bytes.fromhex(LIGHT[role][1:])
    return red, green, blue


def mixed(steps: int) -> list[Color]:
    """Return the colors in light, each once, and steps between those of letters and those under them."""
    letters, fills = (np.array([rgb(role) for role in roles]) for roles in (LETTERS, FILLS))
    share = np.arange(1, steps)[:, None, None, None] / steps
    between = (letters[:, None] * share + fills * (1 - share)).round().astype(int).reshape(-1, 3)
    return list(dict.fromkeys([*map(rgb, LIGHT), *map(tuple, between.tolist())]))


def style() -> str:
    """Return the rules by which shapes in SVG turn dark: f- and l- are the classes of fills and of lines."""
    rules = "".join(f".f-{role}{{fill:{color}}}.l-{role}{{stroke:{color}}}" for role, color in DARK.items())
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def variables(colors: dict[str, str]) -> str:
    """Return colors as the variables of a style sheet."""
    return "".join(f"--{role}:{color};" for role, color in colors.items())
