"""The formulas of activations as text, and with a number inserted."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActivationFormula:
    """An activation. formula: of x, as text. inserted: the same with {x} and, for the opposite of x, {minus}."""

    formula: str
    inserted: str
    note: str


FORMULAS = {
    "relu": ActivationFormula(
        "max(x, 0)", "max({x}, 0)", "Negative values become 0, the others stay."),
    "leaky_relu": ActivationFormula(
        "x for x >= 0, else {slope} x", "", "Negative values are multiplied by the slope, the others stay."),
    "sigmoid": ActivationFormula(
        "1 / (1 + exp(-x))", "1 / (1 + exp({minus}))", "Results lie between 0 and 1; 0 becomes 0.5."),
    "tanh": ActivationFormula(
        "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "tanh({x})", "Results lie between -1 and 1, with the sign of x."),
    "silu": ActivationFormula(
        "x sigmoid(x) = x / (1 + exp(-x))", "{x} / (1 + exp({minus}))",
        "Like relu far from 0, but smooth, with a smallest value of -0.278 at x = -1.278."),
    "gelu": ActivationFormula(
        "x (1 + erf(x / sqrt(2))) / 2", "{x} (1 + erf({x} / sqrt(2))) / 2",
        "Like relu far from 0, but smooth: x times the probability that a standard normal variable is below x."),
    "gelu_tanh": ActivationFormula(
        "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
        "{x} (1 + tanh(sqrt(2 / pi) ({x} + 0.044715·({x})^3))) / 2",
        "An approximation of gelu."),
    "relu6": ActivationFormula(
        "min(max(x, 0), 6)", "min(max({x}, 0), 6)", "Negative values become 0, and values above 6 become 6."),
    "hardswish": ActivationFormula(
        "x relu6(x + 3) / 6", "{x} relu6({x} + 3) / 6",
        "An approximation of silu: 0 below -3, x above 3, and a parabola in between."),
}
