"""The pages in Markdown, and the commands in their blocks of code: which of them cannot run in a test."""
import importlib
import re
import sys

from program import CHECKOUT

sys.path.append(str(CHECKOUT / "docs"))
code_blocks = importlib.import_module("code_blocks")
FILES = [path for pattern in ("*.md", "docs/**/*.md", "sample_images/*.md") for path in sorted(CHECKOUT.glob(pattern))]
GENERATED = {"_build", "_examples", "api", "gallery", "project"}
PAGES = {path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8")
         for path in FILES if not GENERATED & set(path.relative_to(CHECKOUT).parts)}
SHELLS = ("sh", "bash")
# Commands that do not run here, and why. What they name is looked at instead.
EXCEPTIONS = {
    "pip install": "changes the environment of the tests; .ci/run runs README's two",
    "pip download": "needs the network, 22 MB",
    "tar xf": "unpacks that download",
    "cd scikit_image": "goes into that download",
    "pytest": "a test would run the tests",
    ".ci/": "a test would run the tests, or compile",
    "python benchmarks": "measures for minutes",
    "sphinx-build": "takes minutes and the network",
}


def excepted(command):
    """Return the exception that a command is, or None."""
    command = re.sub(r"^(\w+=(\$\([^)]*\)|\S)+\s+)*", "", command)
    return next((start for start in EXCEPTIONS if command.startswith(start)), None)


def split_block(block):
    """Return the commands of a block, also of those that are joined by &&."""
    return [command for line in code_blocks.split_commands(block.code) for command in line.split(" && ")]


COMMANDS = [command for text in PAGES.values() for block in code_blocks.read_blocks(text)
            if block.language in SHELLS for command in split_block(block)]
