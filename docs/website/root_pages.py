"""Pages of the site from files at the root of the repository: the change log, how to contribute, security."""
import re
from pathlib import Path

from .files import write_if_changed

ROOT = Path(__file__).parents[2]
FOLDER = "project"
PAGES = {"CHANGELOG.md": "changelog", "CONTRIBUTING.md": "contributing", "SECURITY.md": "security"}
LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")

GLOB = re.compile(r"[\w/]*\*")


def write_root_pages(docs: Path) -> None:
    """Write the pages, whose links lead to pages of the site."""
    for file, page in PAGES.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        write_if_changed(docs / FOLDER / f"{page}.md", LINK.sub(lambda match: link_from_root(match[1]), text))


def link_from_root(target: str) -> str:
    """Return the place of a link in a file at the root, as seen from its page on the site."""
    if target in PAGES:
        return f"{PAGES[target]}.md"
    return f"../{target.removeprefix('docs/')}" if target.startswith("docs/") else f"../../{target}"


def link_from_docs(text: str, depth: int) -> str:
    """Return the text of a page in docs/, depth folders down, whose links to files at the root lead to their pages."""
    up = "../" * depth
    for file, page in PAGES.items():
        text = text.replace(f"]({up}../{file}", f"]({up}{FOLDER}/{page}.md")
    return text.replace(f"]({up}../README.md", f"]({up}index.md")


def drop_empty_globs(text: str, docs: Path) -> str:
    """Return the text of a page without the patterns of pages, each a line, that no file matches."""
    lines = [line for line in text.split("\n") if not GLOB.fullmatch(line) or any(docs.glob(f"{line}.md"))]
    return "\n".join(lines)
