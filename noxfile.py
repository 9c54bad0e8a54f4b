"""Sessions of nox: an environment, and the checks to run in it. What the checks are is in .ci/run, which runs all."""
import pathlib
import shutil

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests"]
nox.options.reuse_venv = "yes"

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
FREE_THREADED = ["3.14t"]
EXTRAS = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]


def run_parts(session: nox.Session, *parts: str) -> None:
    """Run parts of .ci/run, which install what they need beside [test]."""
    session.install("-e", ".[test]")
    session.run("bash", ".ci/run", *parts, external=True)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests; arguments go to pytest: nox -s tests-3.12 -- -m "not slow"."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=FREE_THREADED)
def free_threaded(session: nox.Session) -> None:
    """The tests of numbers and threads without the global lock; not all libraries of [test] have wheels for it."""
    session.install("-e", ".")
    for requirement in EXTRAS["test"]:
        session.install("--only-binary=:all:", requirement, success_codes=[0, 1])
    environment = {"PYTHON_GIL": "0"}       # some libraries would turn it on
    session.run("pytest", "-m", "numeric", *session.posargs, env=environment)
    session.run("pytest", *(f"tests/test_{name}.py" for name in ("process", "pool", "interpreters")), *session.posargs,
                env=environment)


@nox.session
def more(session: nox.Session) -> None:
    """The tests that need PyTorch, ONNX, libvips and others, which [test] leaves out."""
    run_parts(session, "more")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, spelling, types of the package, stubs."""
    run_parts(session, "lint")


@nox.session
def types(session: nox.Session) -> None:
    """What mypy and pyright say about scripts of users."""
    session.install("-e", ".[test,dev]")
    session.run("pytest", "tests/test_typing.py")


@nox.session
def docs(session: nox.Session) -> None:
    """The site, into docs/_build/html; warnings are errors."""
    run_parts(session, "docs")


@nox.session
def linkcheck(session: nox.Session) -> None:
    """The links of the site, also those to other sites."""
    session.install("-e", ".[test,docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "linkcheck", "docs", "docs/_build/linkcheck")


@nox.session
def notebooks(session: nox.Session) -> None:
    """The notebooks in docs, from the first cell to the last."""
    session.install("-e", ".[test]", "nbclient", "ipykernel")
    copy = pathlib.Path(session.create_tmp())       # for the files that they write
    for folder in ("docs", "sample_images"):
        shutil.copytree(folder, copy / folder, ignore=shutil.ignore_patterns("_build"), dirs_exist_ok=True)
    for path in sorted(copy.rglob("*.ipynb")):
        session.run("jupyter", "execute", str(path))


@nox.session(venv_backend="none")
def wheels(session: nox.Session) -> None:
    """On Linux: an sdist and a wheel for each Python, tested, into wheelhouse/: nox -s wheels -- python3.12."""
    session.run("bash", ".ci/wheels", "wheelhouse", *session.posargs, external=True)


@nox.session(venv_backend="none")
def arm64(session: nox.Session) -> None:
    """A wheel for arm64, compiled here and tested under QEMU; Debian's packages in .ci/arm64 are required."""
    session.run("bash", ".ci/arm64", *session.posargs, external=True)


@nox.session
def sanitizers(session: nox.Session) -> None:
    """The numeric tests on instrumented builds, and those of threads on another."""
    run_parts(session, "checks", "sanitize", "thread")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Random calls, hostile files, more examples of Hypothesis: nox -s fuzz -- SECONDS SEED (default: 60 7)."""
    seconds, seed = session.posargs or ("60", "7")
    session.install("-e", ".[test]")
    for program in ("sweep", "fuzz"):
        session.run("python", f"tests/{program}.py", "--seconds", seconds, "--seed", seed)
    session.run("pytest", "-m", "hypothesis", env={"HYPOTHESIS_PROFILE": "explore"})


@nox.session
def benchmark(session: nox.Session) -> None:
    """Measure this machine: nox -s benchmark -- --folder results. Arguments go to `python benchmarks`."""
    session.install(".[bench]")
    session.run("python", "benchmarks", *session.posargs)
