"""The card of a plan: how a convolution is computed."""
from __future__ import annotations

from ...engine.plan import Plan
from .card import facts_table, make_card


def plan_card(plan: Plan) -> str:
    """Return a plan as a table."""
    facts = [("method", plan.method), ("why", plan.why), ("computed in", plan.compute_dtype),
             ("cost", f"{plan.taps:,} multiplications and additions per result"),
             ("scratch", f"{plan.scratch:,} bytes per thread")]
    if plan.layout:
        facts.append(("loops", str(plan.layout)))
    if plan.error:
        facts.append(("error", f"at most {plan.error:.2g} of the range of the samples, beyond rounding"))
    if plan.exact:
        facts.append(("exact", "the same bits on every instruction set"))
    return make_card("Plan", "", [facts_table(facts)])
