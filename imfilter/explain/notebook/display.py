"""Find the HTML of an object by its class."""
from __future__ import annotations

from functools import singledispatch

from ...engine.plan import Plan
from ...layers.fields import Rectangle
from ...layers.learned_kernel import LearnedKernel
from ...layers.pattern import Pattern
from ...layers.stack import Stack
from ...layers.summary import Summary
from ...pipeline.chain import Pipeline
from ...pipeline.filter import Filter
from . import kernels, networks, pipelines, plans


@singledispatch
def to_html(value: object) -> str:
    """Return an object as HTML."""
    raise TypeError(f"{type(value).__name__} has no representation as HTML")


to_html.register(Plan, plans.plan_card)
to_html.register(Rectangle, networks.rectangle_card)
to_html.register(LearnedKernel, kernels.learned_card)
to_html.register(Pattern, kernels.pattern_card)
to_html.register(Stack, networks.stack_card)
to_html.register(Summary, networks.summary_card)
to_html.register(Pipeline, pipelines.pipeline_card)
to_html.register(Filter, pipelines.filter_card)
