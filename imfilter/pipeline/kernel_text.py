"""Kernels as text: rows of numbers and fractions, on the command line, in chains and in text files."""
from __future__ import annotations

import math
import os

import numpy as np

from ..arrays.dtypes import Array
from ..engine.kernel_structure import absolute_sum, sum_of
from ..errors import FileError, ImfilterError, explain_os_error, shorten
from ..filters.parameters import parse_number

SUFFIXES = (".csv", ".txt", ".tsv")
LARGEST = 2**24  # characters of a file that are read
MINUS = "\u2212"  # the minus sign of typeset text, from which kernels are copied
BALANCED = 0.002  # difference of a sum from 1 that no 8-bit picture shows


def is_kernel_text_file(name: str) -> bool:
    """Return whether a stage of a chain names a text file with a kernel."""
    return name.lower().endswith(SUFFIXES)


def parse_kernel(text: str) -> Array:
    """Parse a kernel: rows separated by lines or semicolons, numbers or fractions (1/16) by spaces or commas."""
    try:
        rows = [[parse_number(number) for number in row] for row in _split_rows(text.replace(MINUS, "-"))]
    except ValueError as error:
        came = str(error).partition(": ")[2]
        raise ImfilterError(f"a kernel must be rows of numbers, 'a b; c d', got {shorten(came)}") from None
    if not rows:
        raise ImfilterError("a kernel must have at least one weight, got none")
    if len({len(row) for row in rows}) != 1:
        lengths = shorten(str([len(row) for row in rows]))
        raise ImfilterError(f"the rows of a kernel must have the same length, got {lengths}")
    kernel = np.array(rows)
    if not np.isfinite(kernel).all():
        raise ImfilterError("the weights of a kernel must be finite, got NaN or infinity")
    return kernel


def _split_rows(text: str) -> list[list[str]]:
    """Return the words of each row. Lines of single numbers between semicolons are rows, as spreadsheets write them."""
    plain = [line.partition("#")[0].replace(",", " ") for line in text.splitlines()]
    lines = [[part.split() for part in line.split(";") if part.strip()] for line in plain if line.strip(" ;\t")]
    if len(lines) > 1 and all(len(line) > 1 and all(len(words) == 1 for words in line) for line in lines):
        return [[word for words in line for word in words] for line in lines]
    return [words for line in lines for words in line]


def read_text(path: str) -> str:
    """Return the text in a file that is small enough for a kernel."""
    try:
        with open(path, encoding="utf-8-sig") as stream:
            text = stream.read(LARGEST + 1)
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    except UnicodeDecodeError:
        raise FileError(f"{path}: is not a text file") from None
    if len(text) > LARGEST:
        raise FileError(f"{path}: must have at most {LARGEST:,} characters to be a kernel")
    return text


def read_kernel_text(path: str) -> Array:
    """Return the kernel in a text file."""
    text = read_text(path)
    try:
        return parse_kernel(text)
    except ImfilterError as error:
        raise FileError(f"{path}: {error}") from None


def read_kernel_stage(text: str) -> Array:
    """Return the kernel of a stage of a chain: a text file, or weights."""
    text = text.strip()
    return read_kernel_text(text) if is_kernel_text_file(text) or os.path.isfile(text) else parse_kernel(text)


def describe_surprises(kernel: Array) -> list[str]:
    """Return what the author of a kernel may not have meant: another brightness, or one row instead of several."""
    notes = []
    side = math.isqrt(kernel.size)
    if kernel.shape[0] == 1 and side > 2 and side * side == kernel.size:
        notes.append(f"the kernel is one row of {kernel.size} weights: for {side} rows of {side}, put a semicolon "
                     "after each row")
    if kernel.size == 1:  # a factor, which is meant to change the brightness
        return []
    total, size = sum_of(kernel), absolute_sum(kernel)
    if abs(total) > 1e-9 * size and abs(total - 1) > BALANCED:  # a sum of 0 is that of an edge filter
        effect = "inverts" if total < 0 else "brightens" if total > 1 else "darkens"
        notes.append(f"the weights sum to {total:.6g}, which {effect} the picture: --normalize divides them by "
                     "their sum")
    return notes
