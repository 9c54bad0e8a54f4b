"""python -m imfilter: the command line."""
from .cli import main

main()
