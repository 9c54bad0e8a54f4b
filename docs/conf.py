"""How Sphinx builds the site: sphinx-build -W --keep-going -j auto docs docs/_build/html."""
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE))

from website.api import write_reference  # noqa: E402
from website.gallery import write_examples  # noqa: E402
from website.root_pages import drop_empty_globs, link_from_docs, write_root_pages  # noqa: E402
from website.signatures import find_signature  # noqa: E402
from website.text import to_rst  # noqa: E402

import imfilter  # noqa: E402
from imfilter.filters import filters_by_group  # noqa: E402

project, author = "imfilter", "The imfilter developers"
copyright = author
version = release = imfilter.__version__
extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_examples", "**/*.ipynb", "gallery/**/*.py", "**/GALLERY_HEADER.rst", "website"]
suppress_warnings = [
    "config.cache",  # sphinx-gallery's options hold functions
]
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*")]  # types of other libraries, which are not looked up on the network
linkcheck_timeout, linkcheck_retries, linkcheck_anchors = 10, 1, False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # those of GitHub

autosummary_generate = False
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
maximum_signature_line_length = 70
add_module_names = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": ["_examples"],
    "gallery_dirs": ["gallery"],
    "subsection_order": [f"_examples/{group}" for group in filters_by_group()],
    "within_subsection_order": "website.gallery.RegistryOrder",
    "filename_pattern": r"\.py",
    "ignore_pattern": r"__init__\.py",
    "copyfile_regex": "",
    "image_scrapers": ("website.pictures.save_pictures",),
    "capture_repr": (),
    "reset_modules": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 1000,
    "thumbnail_size": (320, 224),
    "inspect_global_variables": False,
}

html_theme = "pydata_sphinx_theme"
html_title = html_short_title = "imfilter"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_show_sourcelink = html_copy_source = False
html_show_copyright = False
html_sidebars = {"tutorial": []}  # no other page is below it
html_theme_options = {
    "logo": {"text": "imfilter", "image_light": "_static/icon.svg", "image_dark": "_static/icon.svg"},
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["sphinx-version"],
    "footer_end": [],
    "back_to_top_button": False,
}

write_examples(HERE / "_examples")
write_reference(HERE / "api")
write_root_pages(HERE)


def rewrite_page(app, document, source):
    """Let links to files at the root, which GitHub follows, lead to their pages; navigate only to what there is."""
    source[0] = drop_empty_globs(link_from_docs(source[0], document.count("/")), HERE)


def rewrite_docstring(app, what, name, value, options, lines):
    """Turn a docstring into reStructuredText."""
    lines[:] = to_rst(lines)


def write_signature(app, what, name, value, options, signature, returns):
    """Show the types of a filter's parameters."""
    return find_signature(name)


def setup(app):
    """Connect what is done to pages and docstrings."""
    app.connect("source-read", rewrite_page)
    app.connect("autodoc-process-docstring", rewrite_docstring, priority=100)
    app.connect("autodoc-process-signature", write_signature)
