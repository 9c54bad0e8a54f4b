"""Run the command line from a checkout: python cli.py apply sobel photo.png."""
from imfilter.cli import run

if __name__ == "__main__":
    run()
