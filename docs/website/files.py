"""Write generated pages, only where they change, so that Sphinx reads no page again without need."""
from pathlib import Path


def write_if_changed(path: Path, text: str) -> None:
    """Write a text file and the folders above it, unless it has this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
