"""The command line: each command is a module, loaded when it is used."""
from .program import main

__all__ = ["main"]
