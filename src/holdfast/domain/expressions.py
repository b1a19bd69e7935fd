"""Expressions: price conditions that are checked when saved and counted when evaluated.

`compile_condition` reads a source, knows every variable and its kind from `VARIABLES`, and turns
the tree into closures. What has no value is *unknown*: anything compared or computed with it is
unknown too, `unknown && false` is false, `unknown || true` is true, and a condition that ends
unknown does not hold (Kleene's logic, as in SQL). Only `== null` and `!= null` look at whether
there is a value. Numbers are exact fractions, so that 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from holdfast.domain.expression_compiler import Closure, Compiler
from holdfast.domain.expression_parser import Tree, parse
from holdfast.domain.expression_values import State, Value
from holdfast.domain.expression_variables import Kind

COMPILED_KEPT = 1_024
"""How many compiled conditions are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A value and the steps that it took, never more than EVALUATION_STEPS_MAX."""

    value: Value
    step_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression that has been checked.

    Attributes:
        source: As it was written.
        kind: What it gives.
        names: The variables that it uses, by the names of `VARIABLES` or dotted.
        tree: What was read.
    """

    source: str
    kind: Kind
    names: frozenset[str]
    tree: Tree = field(repr=False, compare=False)
    _closure: Closure = field(repr=False, compare=False)

    def run(self, variables: Mapping[str, object]) -> Evaluation:
        """Evaluate and count.

        Args:
            variables: Values by the names of `VARIABLES`; `user` and `metadata` are mappings. A
                name that is missing or None has no value.

        Raises:
            ExpressionRefused: A value is not of the kind that an operator needs, a divisor is 0,
                or a limit is passed.
        """
        state = State(variables, self.tree.node_count)
        value = self._closure(state)
        return Evaluation(value=value, step_count=state.step_count)

    def evaluate(self, variables: Mapping[str, object]) -> Value:
        """Evaluate.

        >>> compile_expression("participants * 1.5 - 2").evaluate({"participants": 3})
        Fraction(5, 2)

        Raises:
            ExpressionRefused: As `run`.
        """
        return self.run(variables).value

    def is_met(self, variables: Mapping[str, object]) -> bool:
        """Say whether a condition holds; unknown does not.

        >>> weekend = compile_condition("dayOfWeek >= 6")
        >>> weekend.is_met({"dayOfWeek": 6}), weekend.is_met({"dayOfWeek": None})
        (True, False)

        Raises:
            ExpressionRefused: As `run`.
        """
        return self.evaluate(variables) is True


@lru_cache(maxsize=COMPILED_KEPT)
def compile_expression(source: str) -> Expression:
    """Read and check an expression.

    Raises:
        ExpressionRefused: It is malformed, names an unknown variable, mixes kinds that do not go
            together, or is beyond a limit.
    """
    tree = parse(source)
    compiler = Compiler(source)
    root = compiler.compiled(tree.root)
    return Expression(
        source=source,
        kind=root.kind,
        names=frozenset(compiler.names),
        tree=tree,
        _closure=root.closure,
    )


@lru_cache(maxsize=COMPILED_KEPT)
def compile_condition(source: str) -> Expression:
    """Read and check an expression that is true or false.

    >>> compile_condition("user.membership === 'premium'").names
    frozenset({'user.membership'})
    >>> compile_condition("participant >= 6")
    Traceback (most recent call last):
    holdfast.domain.expression_tokens.ExpressionRefused: Line 1, column 1: There is no variable \
'participant'. Did you mean 'participants'?

    Raises:
        ExpressionRefused: As `compile_expression`, or it gives something else.
    """
    tree = parse(source)
    compiler = Compiler(source)
    closure = compiler.truths(compiler.compiled(tree.root))
    return Expression(
        source=source,
        kind=Kind.TRUTH,
        names=frozenset(compiler.names),
        tree=tree,
        _closure=closure,
    )
