"""Find the blocks of code in a page of Markdown, and run them as a reader would, one after the other."""
import contextlib
import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from imfilter.cli.program import group

FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})([^\n`]*)\n(.*?)^[ \t]*\1[`~]*[ \t]*$", re.DOTALL | re.MULTILINE)
# What every page may use without saying so.
PREAMBLE = """\
import imfilter
import numpy as np
from PIL import Image
"""


class MissingProgram(Exception):
    """A block needs a program or a library that is not installed."""


class Block(NamedTuple):
    """A fenced block: its language, "" for none; its text; the number of its first line in the page."""

    language: str
    code: str
    line: int


def read_blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(found[2].strip(), textwrap.dedent(found[3]), page.count("\n", 0, found.start(3)) + 1)
            for found in FENCE.finditer(page)]


def run_block(block: Block, names: dict[str, Any], page: str = "page") -> None:
    """Run a block of Python code, with these variables, or of commands. Blocks of other languages are no code."""
    if block.language in ("sh", "bash"):
        run_shell(block.code)
    elif block.language == "python" and block.code.startswith(">>> "):
        run_examples(block, names, page)
    elif block.language == "python":
        run_python(block, names, page)


def run_python(block: Block, names: dict[str, Any], page: str) -> None:
    with asking_for_libraries():
        exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), names)


def run_examples(block: Block, names: dict[str, Any], page: str) -> None:
    """Run a doctest whose variables are kept."""
    test, said = doctest.DocTestParser().get_doctest(block.code, {}, page, page, block.line - 1), []
    test.globs = names
    with asking_for_libraries():
        failed = doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False).failed
    if failed:
        raise RuntimeError("".join(said))


@contextlib.contextmanager
def asking_for_libraries() -> Iterator[None]:
    """Report a library that is not installed as missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("imfilter"):
            raise
        raise MissingProgram(error.name) from None


def split_commands(code: str) -> list[str]:
    """Return the commands of a block, each on one line, without comments."""
    code = re.sub(r"(^|\s)#\s.*$", "", code, flags=re.MULTILINE)
    code = re.sub(r"\\\n\s*|(?<=\|)\n\s*", " ", code)
    return [line for line in code.splitlines() if line.strip()]


def run_shell(code: str) -> None:
    """Run commands: those of imfilter alone in this process, which is faster, all others by bash."""
    commands = split_commands(code)
    if not all(re.fullmatch(r"imfilter [^|<>&$]+", command) for command in commands):
        run_bash(code)
        return
    for command in commands:
        done = CliRunner().invoke(group, shlex.split(command)[1:])
        if done.exit_code:
            raise RuntimeError(f"{command}\nended with {done.exit_code}:\n{done.output}") from done.exception


def run_bash(code: str) -> None:
    """Run commands as bash does, and fail where one of them fails, in a pipe, too."""
    for program in {"bash", *re.findall(r"^\s*(cc|ffmpeg|magick) ", code, re.MULTILINE)}:
        if not shutil.which(program):
            raise MissingProgram(program)
    with program_on_path() as path:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], env={**os.environ, "PATH": path},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{code}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def program_on_path() -> Iterator[str]:
    """Return a PATH on which `imfilter` is that of this interpreter, installed or not."""
    folder = Path.cwd() / ".bin"
    folder.mkdir()
    (folder / "imfilter").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m imfilter "$@"\n', encoding="utf-8")
    (folder / "imfilter").chmod(0o755)
    yield f"{folder}{os.pathsep}{os.environ['PATH']}"
    shutil.rmtree(folder)
