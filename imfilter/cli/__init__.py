"""The command line: each command is a module, loaded when it is used."""
from .program import main, run

__all__ = ["main", "run"]
