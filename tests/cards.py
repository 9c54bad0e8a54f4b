"""Objects that notebooks show, and what is on their cards."""
from html.parser import HTMLParser

import numpy as np

import imfilter
from imfilter import Pattern, Pipeline, Stack
from imfilter.layers.fields import Rectangle
from imfilter.layers.learned_kernel import LearnedKernel
from imfilter.pipeline.filter import Filter

SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


def learned(kernel, bias=0.0, **others):
    """Return a learned kernel with made-up figures."""
    weights = np.asarray(kernel, float)
    return LearnedKernel(**{
        "kernel": weights, "bias": bias, "parameters": weights.ravel(), "errors": 0 * weights.ravel(),
        "pattern": Pattern.full(weights.shape), "residual": 0.25, "rounding": 0.001, "explained": 0.875,
        "condition": 3.0, "samples": 4321, **others})


def noise(*shape):
    return np.random.default_rng(1).standard_normal(shape)


OBJECTS = {
    "plan": lambda: imfilter.plan(np.zeros((9, 9), "u1"), np.ones((3, 3))),
    "plan of a transform": lambda: imfilter.plan(np.zeros((500, 500)), noise(31, 31)),
    "stack": lambda: Stack.parse("3x16 s2 p1, relu, max2 s2, add(3x16 p1, relu, 3x16 p1 | ), t4x8 s2 p1"),
    "stack with weights": lambda: Stack.parse("3x2 p1, 1x4").with_weights([noise(2, 5, 3, 3), noise(4, 2, 1, 1)]),
    "stack that does not fit": lambda: Stack.parse("3x16 g4"),
    "long stack": lambda: Stack.parse(", ".join(["3x16 p1", "relu"] * 150)),
    "stack of forks": lambda: Stack.parse(", ".join(["add(3x3 p1, relu, 3x3 p1 | )"] * 13)),
    "summary": lambda: Stack.parse("3x16 p1, 3x8 s2").summary((32, 40, 3)),
    "field": lambda: Stack.parse("3x16 p1, max2 s2").receptive_field(0, 0),
    "large field": lambda: Rectangle(5, -3000, 4000, 20),
    "field without pixels": lambda: Rectangle(0, 0, 0, 0),
    "field outside": lambda: Rectangle(-9, -9, -5, -5),
    "pipeline": lambda: Pipeline("gaussian:sigma=2,median:size=5,sepia", SHARPEN, "sobel:axis=0"),
    "long pipeline": lambda: Pipeline(*[noise(40, 40)] * 14),
    "mask": lambda: Pipeline(Filter.from_name("gaussian", mask=np.ones((3, 3)))),
    "filter": lambda: Filter.parse("canny"),
    "kernel too large to draw": lambda: Filter.from_kernel(np.ones((1, 4097))),
    "learned": lambda: learned([[1, 2, 1]], bias=0.5, warning="the images are dark"),
    "learned large": lambda: learned(noise(300, 300)),
    "learned bank": lambda: learned(noise(32, 16, 9, 9), bias=np.arange(32.0)),
    "learned matrix": lambda: learned(noise(3, 3, 1, 1)),
    "pattern": lambda: Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    "pattern of a bank": lambda: Pattern.full((64, 3, 7, 7)),
    "large pattern": lambda: Pattern.full((200, 200)),
}


class Page(HTMLParser):
    """HTML whose elements are all closed. texts: between tags, without CSS. rows: texts of the cells of tables."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.rows, self.tags, self.letters = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        plain = data.replace("\N{NO-BREAK SPACE}", " ")
        self.texts.append(plain)
        if {"td", "th"} & {*self.open} and "svg" not in self.open:
            self.rows[-1][-1] += plain
        if "text" in self.open:
            self.letters.append(plain)

    def facts(self):
        return {row[0]: row[1] for row in self.rows if len(row) == 2}


def show(name):
    """Return the card of an object."""
    return Page(OBJECTS[name]()._repr_html_())
