"""Measure this machine and write its section and charts into docs/performance.md: compare.py, then report.py.

    pip install ".[bench]"
    python benchmarks --more
    python benchmarks --quick --folder FOLDER       # small images, for a first look
"""
import argparse

import compare
import report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__.splitlines()[0])
    compare.add_options(parser)
    report.add_options(parser)
    options = parser.parse_args()
    if options.quick and options.folder == report.DOCS:
        parser.error("--quick needs a --folder: figures of small images must not replace those in docs")
    measured = report.merge_reports([compare.measure(options)])
    print("written:", report.write_page(measured, options.folder, options.note))


if __name__ == "__main__":
    main()
