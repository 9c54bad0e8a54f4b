"""Write the pages of the reference from the list of public names: one for each name, and one that lists them."""
import inspect
from importlib import import_module
from pathlib import Path

import imfilter
from imfilter.filters import FILTERS, filters_by_group

from .files import write_if_changed

# What is not a filter, by theme; names that no row has are listed under Other.
THEMES = {
    "Kernels of your own": ["correlate", "convolve", "plan", "show", "Border", "learn", "Pattern", "LearningWarning"],
    "Pipelines": ["Pipeline", "blend", "restore", "contact_sheet"],
    "Windows and sizes": [
        "windows", "generic", "pyramid", "pyramid_reduce", "pyramid_expand", "pyramid_reconstruct", "output_size",
        "same_padding", "transposed_output_size"],
    "Layers": [
        "conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "unfold", "fold", "Stack", "Layer",
        "TransposedLayer", "Pool", "Activation", "Branches"],
    "Errors": ["ImfilterError", "DtypeError", "FileError", "ImfilterWarning"],
}
# Modules, and those whose members have no list of their own.
MODULES = {
    "kernels": ["imfilter.kernels"], "explain": ["imfilter.explain"], "batch": ["imfilter.batch"],
    "interop": ["imfilter.interop", "imfilter.interop.skimage", "imfilter.interop.ndimage", "imfilter.interop.pillow"],
}
TEXT_ONLY = "imfilter.interop"  # its members have the signatures and the documentation of the originals
HEAD = "Reference\n=========\n\nEverything here is also in ``help(imfilter.NAME)``.\n"


def write_reference(folder: Path) -> None:
    """Write index.rst and a page for each public name."""
    sections = group_names()
    for names in sections.values():
        for name in names:
            write_if_changed(folder / f"{name}.rst", write_page(name))
    for name, modules in MODULES.items():
        page = heading(f"imfilter.{name}", "=") + "\n".join(map(write_module, modules))
        write_if_changed(folder / f"{name}.rst", page)
    sections["Modules"] = list(MODULES)
    tables = "".join(heading(title, "-") + table(names) + toctree(title, names) for title, names in sections.items())
    write_if_changed(folder / "index.rst", f"{HEAD}\n.. currentmodule:: imfilter\n\n{tables}")


def group_names() -> dict[str, list[str]]:
    """Return the public names by the heading that they are listed under."""
    filters = {f"Filters: {group}": [one.name for one in declarations]
               for group, declarations in filters_by_group().items()}
    listed = {name for names in THEMES.values() for name in names} | MODULES.keys()
    other = [name for name in dir(imfilter)
             if name not in listed and name not in FILTERS and not name.startswith("_")]
    return filters | THEMES | ({"Other": other} if other else {})


def heading(title: str, line: str) -> str:
    """Return a heading."""
    return f"{title}\n{line * len(title)}\n\n"


def table(names: list[str]) -> str:
    """Return a table of names with the first lines of their docstrings."""
    return ".. autosummary::\n   :nosignatures:\n\n" + "".join(f"   {name}\n" for name in names) + "\n"


def toctree(title: str, names: list[str]) -> str:
    """Return what puts pages into the navigation, below a title."""
    return f".. toctree::\n   :hidden:\n   :caption: {title}\n\n" + "".join(f"   {name}\n" for name in names) + "\n"


def write_page(name: str) -> str:
    """Return the page of a function or class."""
    value = getattr(imfilter, name)
    directive = "autoclass" if inspect.isclass(value) else "autofunction"
    members = "   :members:\n" if inspect.isclass(value) else ""
    page = heading(name, "=") + f".. currentmodule:: imfilter\n\n.. {directive}:: {name}\n{members}\n"
    if name in FILTERS:
        page += f"Seen on a photo: :doc:`/gallery/{FILTERS[name].group}/{name}`.\n"
    return page


def write_module(name: str) -> str:
    """Return the part of a page that describes a module and its functions."""
    text = f".. automodule:: {name}\n\n.. currentmodule:: {name}\n\n"
    if name.startswith(TEXT_ONLY):
        return text
    module = import_module(name)
    members = [member for member in getattr(module, "__all__", dir(module)) if not member.startswith("_")]
    for member in members:
        value = getattr(module, member)
        if inspect.isfunction(value):
            text += f".. autofunction:: {member}\n\n"
        elif inspect.isclass(value):
            text += f".. autoclass:: {member}\n   :members:\n\n"
    return text
