"""Small files and command lines that were once wrong, or are likely to be, and a minute of others by hand: fuzz.py."""
from pathlib import Path

import fuzz
import pytest

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_promises_hold_for_the_corpus(path):
    fuzz.check(fuzz.load_case(path))


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_a_case_is_made_again_from_its_number(target, monkeypatch):
    def make_cases():
        return [fuzz.make_case(target, fuzz.random.Random(f"7 {number}")) for number in range(9)]

    first = make_cases()
    monkeypatch.setattr("time.time", lambda: 1e9)  # archives hold a time
    assert make_cases() == first


def test_a_broken_promise_is_found(monkeypatch):
    path = next(path for path in CORPUS if path.name.startswith("files-damaged"))
    monkeypatch.setattr(fuzz, "run", lambda words: fuzz.Outcome(1, "", "Traceback (most recent call last)\n"))
    with pytest.raises(fuzz.Broken):
        fuzz.check(fuzz.load_case(path))
