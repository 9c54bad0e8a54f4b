"""Help texts, and unknown commands."""
import json
import os
import re
import sys
from pathlib import Path

import pytest
from program import CHECKOUT, PROGRAM, complete, run

import imfilter
from imfilter.cli.explain import command as explain
from imfilter.cli.program import COMMANDS
from imfilter.filters import FILTERS, filters_by_group
from imfilter.filters.parameters import Flag
from imfilter.filters.synonyms import SYNONYMS

EXPLAIN = list(explain.commands)

MISUSE = [
    ([], "Usage"), (["aply"], "did you mean 'apply'"), (["apply", "sobl", "photo.png"], "did you mean 'sobel'"),
    (["box", "photo.png"], "did you mean 'imfilter apply box'"),
    (["apply", "sobel", "--axs", "1", "photo.png"], "--axis"), (["apply", "sobel"], "FILE"), (["apply"], "Usage"),
    (["apply", "mix", "photo.png"], "--matrix"), (["list", "blurs"], "did you mean 'blur'"),
    (["apply", "gaussian", "--sigma", "-1", "photo.png"], "sigma must be a number of at least 0, got -1"),
    (["apply", "gaussian", "--sigma", "wide", "photo.png"], "must be a number of at least 0.* got 'wide'"),
    (["apply", "gaussian", "--sigma", "nan", "photo.png"], "finite.* got nan"),
    (["apply", "gaussian", "--sigma", "1,2,3", "photo.png"], r"pair.* got \(1.0, 2.0, 3.0\)"),
    (["apply", "gaussian", "--sigma", "", "photo.png"], "got ''"),
    (["apply", "box", "--size", "0", "photo.png"], "size must be an integer of at least 1, got 0"),
    (["apply", "box", "--size", "2.5", "photo.png"], "integer .* got '2.5'"),
    (["apply", "sobel", "--axis", "2", "photo.png"], "0 or 1, got '2'"),
    (["apply", "sobel", "--mode", "edge", "photo.png"], "'edge' is not one of 'reflect'"),
    (["apply", "sobel", "--stride", "0", "photo.png"], "stride must be an integer of at least 1"),
    (["apply", "sobel", "--signed", "maybe", "photo.png"], "'offset'"),
    (["apply", "mix", "--matrix", "1 2; 3", "photo.png"], "matrix"),
    (["apply", "mix", "--matrix", "", "photo.png"], "matrix"),
    (["apply", "grayscale", "--weights", "1 2; 3 4", "photo.png"], "list of finite numbers"),
    (["apply", "sepia", "--strength", "1.5", "photo.png"], "from 0 to 1, got 1.5"),
    (["apply", "box", "photo.png", "-o", "a.png", "--out-dir", "b"], "only one of"),
    (["apply", "box", "photo.png", "--in-place", "--out-dir", "b"], "only one of"),
    (["apply", "box", "photo.png", "photo.png", "-o", "a.png"], "{stem}"),
    (["apply", "box", "photo.png", "-", "-o", "-"], "{stem}"),
    (["apply", "box", "-", "-"], "only once"), (["apply", "box", "-", "--in-place"], "standard input"),
    (["apply", "box", "photo.png", "-o", ""], "output"), (["apply", "box", "photo.png", "--out-dir", ""], "out-dir"),
]


@pytest.mark.parametrize(("arguments", "words"), MISUSE, ids=[" ".join(arguments) for arguments, _ in MISUSE])
def test_wrong_usage_is_explained_in_a_sentence(here, folder, arguments, words):
    said = here(*arguments, status=2)
    assert said.out == "" and re.search(words, said.err)
    assert "Usage" in words or said.err.splitlines()[-1].startswith("Error: ")
    assert os.listdir() == ["photo.png"]


def test_the_list_is_that_of_the_registry(here):
    lines = here("list").out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(filters_by_group())
    rows, name = {}, ""
    for line in lines:
        if re.match("  [a-z]", line):
            name, line = line.split(maxsplit=1)
        if line.startswith(" ") or name not in rows:
            rows[name] = [*rows.get(name, []), *line.split()] if line not in filters_by_group() else rows.get(name, [])
    rows.pop("", None)
    assert list(rows) == list(FILTERS)
    for preset in FILTERS.values():
        wanted = f"{preset.summary} {' '.join(map(str, preset.parameters))}".split()
        assert rows[preset.name] == wanted
    assert here("list", "rank").out.splitlines() == lines[lines.index("rank"):lines.index("morphology")]
    *_, last = filters_by_group()
    assert here("list", last).out.splitlines() == lines[lines.index(last):]


def test_the_list_is_readable_by_programs(here):
    filters = json.loads(here("list", "--json").out)
    assert [one["name"] for one in filters] == list(FILTERS)
    (gaussian,) = (one for one in filters if one["name"] == "gaussian")
    assert gaussian["group"] == "blur" and gaussian["summary"].startswith("Gaussian blur") and gaussian["mask"] is True
    assert [(one["name"], one["option"], one["default"]) for one in gaussian["parameters"]] == [
        ("sigma", "--sigma", 1.0), ("truncate", "--truncate", 4.0), ("order", "--order", 0),
        ("method", "--method", "auto"), ("linear", "--linear", False)]
    (matrix, _) = next(one for one in filters if one["name"] == "mix")["parameters"]
    assert matrix["required"] is True and "default" not in matrix
    assert {one["group"] for one in json.loads(here("list", "--json", "rank").out)} == {"rank"}


@pytest.mark.parametrize("arguments", [
    ["list"], ["--help"], ["help"], *(["help", name] for name in [*COMMANDS, *FILTERS]),
    *(["explain", name, "--help"] for name in EXPLAIN),
], ids=" ".join)
def test_everything_fits_80_columns_of_a_wide_terminal(here, monkeypatch, arguments):
    monkeypatch.setenv("COLUMNS", "200")
    lines = here(*arguments).out.splitlines()
    assert lines and max(map(len, lines)) <= 80


def test_help_is_that_of_the_command(here):
    assert here("help", "sobel").out.splitlines()[2:] == here("apply", "sobel", "--help").out.splitlines()[2:]
    assert here("help", "apply", "box").out.splitlines()[2:] == here("apply", "box", "--help").out.splitlines()[2:]
    assert here("help", "list").out.splitlines()[2:] == here("list", "--help").out.splitlines()[2:]
    assert "did you mean 'imfilter apply gaussian'" in here("help", "blur", status=2).err
    assert "needs a command" in here("help", "list", "more", status=2).err


@pytest.mark.parametrize(("arguments", "meant"), [
    (["apply", "blur"], "gaussian"), (["apply", "edge"], "sobel"), (["apply", "Edge-Detection"], "canny"),
    (["apply", "denoise"], "median"), (["apply", "desaturate"], "grayscale"), (["apply", "erosion"], "erode"),
    (["blur"], "imfilter apply gaussian"), (["diff"], "imfilter compare"), (["greyscale"], "imfilter apply grayscale"),
    (["apply", "box", "--then", "blur", "a.png"], "gaussian"), (["apply", "gaussian", "--radius", "3"], "--sigma"),
    (["apply", "box", "--radius", "3"], "--size"), (["apply", "disk", "--sigma", "3"], "--radius"),
    (["apply", "box", "--overwrite"], "--force"), (["apply", "box", "--output-dir", "x"], "--out-dir"),
    (["apply", "box", "--threads", "2"], "--workers"), (["convolve", "--matrix", "1"], "--kernel"),
    (["apply", "k.csv", "a.png"], "imfilter convolve --kernel k.csv"),
])
def test_words_of_other_programs_lead_to_the_right_ones(here, folder, arguments, meant):
    assert meant in here(*arguments, status=2).err.splitlines()[-1]


def test_synonyms_are_no_filters_and_lead_to_filters():
    assert not set(SYNONYMS) & set(FILTERS)
    assert {one for meant in SYNONYMS.values() for one in meant} <= set(FILTERS)
    with pytest.raises(AttributeError, match="did you mean 'gaussian'"):
        imfilter.blur  # noqa: B018


@pytest.mark.parametrize("name", FILTERS)
def test_help_tells_every_parameter_and_its_default(here, name):
    said = " ".join(here("apply", name, "--help").out.split())
    for parameter in FILTERS[name].parameters:
        assert f"--{parameter.name.replace('_', '-')}" in said and parameter.help[:20] in said
        shown = isinstance(parameter.kind, Flag) or f"[default: {parameter.format_value(parameter.default)}]" in said
        assert parameter.required or shown
    assert FILTERS[name].summary in said


@pytest.mark.slow
def test_three_doors_lead_to_the_same_room(folder):
    script = Path(sys.executable).with_name("imfilter")
    doors = [PROGRAM, [sys.executable, str(CHECKOUT / "cli.py")], *([[str(script)]] if script.exists() else [])]
    for arguments, status in ((["list"], 0), (["--version"], 0), (["apply", "sobl", "photo.png"], 2)):
        said = [complete([*door, *arguments]) for door in doors]
        assert {one.returncode for one in said} == {status}
        assert len({(one.stdout, one.stderr) for one in said}) == 1
    assert run("--version").stdout.decode().split()[-1] == imfilter.__version__


@pytest.mark.parametrize("variable", ["IMFILTER_SIMD", "IMFILTER_WORKERS"])
def test_settings_that_make_no_sense_are_rejected_in_a_sentence(folder, variable):
    done = complete([*PROGRAM, "apply", "box", "photo.png"], env={**os.environ, variable: "x"})
    assert done.returncode in (1, 2) and f"{variable} must be " in done.stderr
    assert len(done.stderr.splitlines()) == 1 and os.listdir() == ["photo.png"]


def shown(*arguments, status=0):
    """Return the lines that the program says in a terminal of 80 columns."""
    done = run(*arguments, status=status, env={**os.environ, "COLUMNS": "80"})
    lines = (done.stdout or done.stderr).decode().splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith("Error: "))
    return lines


def test_the_first_help_fits_a_small_terminal_and_shows_three_examples():
    lines = shown("--help")
    assert len(lines) <= 24
    examples = lines[lines.index("  Examples:") + 1:]
    assert len(examples) == 3 and all(line.startswith("    imfilter ") for line in examples)


def test_apply_alone_lists_the_filters_by_group():
    for arguments, status in ((["apply"], 2), (["apply", "--help"], 0)):
        lines = shown(*arguments, status=status)
        assert len(lines) <= len(FILTERS) + 35
        titles = [line[:-1] for line in lines if re.fullmatch(r"[A-Z][a-z]+:", line)]
        assert titles == ["Options", *(group.capitalize() for group in filters_by_group())]
        named = [line.split()[0] for line in lines if re.match(r"  [a-z_]+  ", line)]
        assert named == list(FILTERS)


@pytest.mark.parametrize("arguments", [["apply", "sobel"], ["apply", "gaussian"], ["convolve"]])
def test_options_stand_in_sections(arguments):
    lines = shown(*arguments, "--help")
    assert len(lines) <= 115
    places = [lines.index(title) for title in ("Filter:", "Common:", "Output:", "Large photos:")]
    for own, option in ((0, {"sobel": "--axis", "gaussian": "--sigma"}.get(arguments[-1], "--kernel")), (1, "--then"),
                        (1, "--mode"), (1, "--signed"), (2, "-o, --output"), (2, "-h, --help"), (3, "--engine")):
        place = next(k for k, line in enumerate(lines) if line.startswith(f"  {option} "))
        assert places[own] < place < [*places, len(lines)][own + 1]
    assert not any("--linear" in line for line in lines) or arguments[-1] == "gaussian"


def test_what_is_missing_is_said_with_the_usage():
    lines = shown("apply", "sobel", status=2)
    assert lines[0] == "Usage: imfilter apply sobel [OPTIONS] FILE..." and lines[-1].endswith("argument 'FILE...'.")
    assert "'--sigma'" in shown("apply", "gaussian", "--sigm", "2", "a.png", status=2)[-1]


@pytest.mark.parametrize(("words", "answers"), [
    ("apply gau", ["plain,gaussian"]),
    ("apply sobel --out-d", ["plain,--out-dir"]),
    ("apply sobel --mode mi", ["plain,mirror"]),
    ("apply sobel --then gaus", ["plain,gaussian"]),
    ("apply sobel pho", ["file,pho"]),
    ("apply sobel -o pho", ["file,pho"]),
    ("apply sobel --out-dir pho", ["dir,pho"]),
    ("apply gaussian --mask pho", ["file,pho"]),
    ("convolve --kernel pho", ["file,pho"]),
    ("preview pho", ["file,pho"]),
    ("preview photo.png sob", ["plain,sobel"]),
    ("show sob", ["plain,sobel"]),
    ("compare before.png af", ["file,af"]),
])
@pytest.mark.slow
def test_words_and_names_of_files_are_completed(words, answers):
    assert completed(words) == answers


def test_a_wrong_word_before_the_completed_one_disturbs_nobody():
    assert completed("apply soble --", status=2) == []


def completed(words, status=0):
    """Return the completions that bash gets after these words."""
    variables = {"_IMFILTER_COMPLETE": "bash_complete", "COMP_WORDS": f"imfilter {words}",
            "COMP_CWORD": str(len(words.split()))}
    done = run(status=status, env={**os.environ, **variables})
    assert done.stderr == b""
    return done.stdout.decode().split()
