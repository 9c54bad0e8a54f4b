"""Write the gallery's examples from the registry: one script for each filter, which sphinx-gallery runs and shows."""
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

from imfilter.filters import FILTERS, FilterDeclaration, Parameter, filters_by_group

from .files import write_if_changed
from .photos import COMMAND_LINE_PHOTO, Photo, choose_parameters, choose_photo
from .text import to_rst

SAMPLES = Path(__file__).parents[2] / "sample_images"
HEAD = """\
Gallery
=======

Every filter on a photo: code to run in a checkout of the repository, the command that does the same, and the formula.
"""


def write_examples(folder: Path) -> None:
    """Write a folder for each group, with the photos that its examples open and a script for each filter."""
    write_if_changed(folder / "GALLERY_HEADER.rst", HEAD)
    for group, declarations in filters_by_group().items():
        title = group.capitalize()
        write_if_changed(folder / group / "GALLERY_HEADER.rst", f"{title}\n{'-' * len(title)}\n")
        (folder / group / "sample_images").mkdir(exist_ok=True)
        for declaration in declarations:
            write_if_changed(folder / group / f"{declaration.name}.py", write_example(declaration))
            file = find_sample(choose_photo(declaration.name, group))
            shutil.copyfile(file, folder / group / "sample_images" / file.name)


def find_sample(photo: Photo) -> Path:
    """Return the sample image that a photo is read from."""
    return SAMPLES / photo.code.partition("sample_images/")[2].partition('"')[0]


def write_example(declaration: FilterDeclaration) -> str:
    """Return a script: a title, the code, and what the filter computes."""
    name = declaration.name
    title = f"{name}: {re.split('[:,]', declaration.summary)[0]}"
    head = "\n".join([title, "=" * len(title), "", *to_rst([f"{declaration.summary}."])])
    formula = "\n".join(to_rst(notes_of(declaration).split("\n")))
    same = ", if ``photo.png`` is this photo" * (choose_photo(name, declaration.group).file == COMMAND_LINE_PHOTO)
    more = f"All parameters: :py:func:`imfilter.{name}`. On the command line{same}::\n\n    {command(declaration)}"
    parts = [comment(part) for part in ("Formula\n-------", formula, "", more)]
    return f'r"""\n{head}\n"""\n{write_code(declaration)}\n\n# %%\n' + "\n".join(parts) + "\n"


def write_code(declaration: FilterDeclaration) -> str:
    """Return the code of an example: it makes `photo` and `result`."""
    photo = choose_photo(declaration.name, declaration.group)
    parameters = choose_parameters(declaration.name)
    operation = declaration.operation(parameters)
    image = "np.asarray(photo)" if operation.signed or operation.floats else "photo"
    call = ", ".join([image, *(f"{name}={value!r}" for name, value in parameters.items())])
    code = f"{photo.code}\nresult = imfilter.{declaration.name}({call})"
    numpy = "import numpy as np\n" * ("np." in code)
    return f"{numpy}from PIL import Image\n\nimport imfilter\n\n{code}"


def command(declaration: FilterDeclaration) -> str:
    """Return the command that does the same."""
    given = {name: format_option(value) for name, value in choose_parameters(declaration.name).items()}
    options = "".join(f"--{name.replace('_', '-')} {text} " for name, text in given.items())
    file = choose_photo(declaration.name, declaration.group).file
    return f"imfilter apply {declaration.name} {options}{file}"


def format_option(value: Any) -> str:
    """Return a value as a word of the command line."""
    if isinstance(value, list):
        return f'"{"; ".join(" ".join(map(str, row)) for row in value)}"'
    return Parameter.format_value(value)


def notes_of(declaration: FilterDeclaration) -> str:
    """Return the section Notes of a filter's docstring, which has its formula."""
    document = inspect.getdoc(declaration.function) or ""
    lines = document.partition("\nNotes\n-----\n")[2].split("\n")
    ends = [number for number, line in enumerate(lines) if line.startswith("----")]
    return "\n".join(lines[:ends[0] - 1] if ends else lines).strip()


def comment(text: str) -> str:
    """Return text as lines of a comment, which sphinx-gallery shows as reStructuredText."""
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))


class RegistryOrder:
    """Sort scripts in the order of the registry."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, file: str) -> int:
        return list(FILTERS).index(Path(file).stem)
