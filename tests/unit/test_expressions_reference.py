"""Price conditions against a dumber evaluator that walks a tree of plain tuples."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.expression_parser import NODES_MAX, parse
from holdfast.domain.expression_tokens import ExpressionRefused
from holdfast.domain.expression_values import EVALUATION_STEPS_MAX, NUMBER_BITS_MAX
from holdfast.domain.expressions import compile_expression

Tree: TypeAlias = tuple[Any, ...]
"""("number", "2.5"), ("text", "a"), ("truth", True), ("null",), ("name", "hour"),
("-", tree), ("not", tree), ("in", tree, [literals], is_negated), (operator, tree, tree)."""

Loose: TypeAlias = Any
"""A value whose kind the tree has settled already."""

REFUSED = "refused"
NUMBERS = ("participants", "duration", "order_total", "user.age", "metadata.weight")
DATES = ("event_date", "booking_date")
TEXTS = ("tier", "user.membership")
TRUTHS = ("user.student", "metadata.flag")
BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    "in": 4,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
SPELLINGS = {
    "or": ["or", "||"],
    "and": ["and", "&&"],
    "==": ["==", "==="],
    "!=": ["!=", "!=="],
}


class Stop(Exception):
    """The dumb evaluator's refusal."""


# ------------------------------------------------------------------------------------- trees


@cache
def leaves(kind: str) -> st.SearchStrategy[Tree]:
    names = {"number": NUMBERS, "date": DATES, "text": TEXTS, "truth": TRUTHS}[kind]
    variables = st.sampled_from(names).map(lambda name: ("name", name))
    literals = {
        "number": st.sampled_from(["0", "1", "2.5", "30", "0.1", "480"]).map(
            lambda text: ("number", text)
        ),
        "text": st.sampled_from(["premium", "it's", 'a "b"', "", "\\"]).map(
            lambda text: ("text", text)
        ),
        "truth": st.booleans().map(lambda truth: ("truth", truth)),
    }
    return st.one_of(variables, literals.get(kind, variables))


@cache
def numbers(depth: int) -> st.SearchStrategy[Tree]:
    if depth == 0:
        return leaves("number")
    inner = numbers(depth - 1)
    return st.one_of(
        leaves("number"),
        st.tuples(st.just("-"), inner),
        st.tuples(st.sampled_from(["+", "-", "*", "/", "%"]), inner, inner),
        st.tuples(st.just("-"), dates(depth - 1), dates(depth - 1)),
    )


@cache
def dates(depth: int) -> st.SearchStrategy[Tree]:
    if depth == 0:
        return leaves("date")
    return st.one_of(
        leaves("date"),
        st.tuples(st.sampled_from(["+", "-"]), dates(depth - 1), numbers(depth - 1)),
    )


@cache
def memberships(depth: int) -> st.SearchStrategy[Tree]:
    number_items = st.lists(st.sampled_from(["1", "2.5", "-30"]), min_size=1, max_size=3)
    text_items = st.lists(st.sampled_from(["'premium'", "'child'"]), min_size=1, max_size=3)
    return st.one_of(
        st.tuples(st.just("in"), numbers(depth), number_items, st.booleans()),
        st.tuples(st.just("in"), leaves("text"), text_items, st.booleans()),
    )


@cache
def truths(depth: int) -> st.SearchStrategy[Tree]:
    if depth == 0:
        return leaves("truth")
    inner, number, day = truths(depth - 1), numbers(depth - 1), dates(depth - 1)
    equal = st.sampled_from(["==", "!="])
    ordered = st.sampled_from(["<", "<=", ">", ">="])
    return st.one_of(
        leaves("truth"),
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.one_of(equal, ordered), number, number),
        st.tuples(st.one_of(equal, ordered), day, day),
        st.tuples(equal, leaves("text"), leaves("text")),
        st.tuples(equal, st.one_of(inner, number, day, leaves("text")), st.just(("null",))),
        memberships(depth - 1),
    )


# ---------------------------------------------------------------------------------- printing


def printed(tree: Tree, draw: st.DrawFn, *, binding: int = 0) -> str:
    """Print a tree with the brackets it needs, and now and then with more."""
    text, own = _unbracketed(tree, draw)
    if own <= binding or draw(st.integers(0, 5)) == 0:
        return f"({text})"
    return text


def _unbracketed(tree: Tree, draw: st.DrawFn) -> tuple[str, int]:
    """Return a tree's text, and how tightly its outermost operator binds."""
    match tree:
        case ("number", text) | ("name", text):
            return text, 9
        case ("text", text):
            quote = draw(st.sampled_from("'\""))
            escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
            return f"{quote}{escaped}{quote}", 9
        case ("truth", truth):
            return str(truth).lower(), 9
        case ("null",):
            return "null", 9
        case ("-", operand):
            return f"-{printed(operand, draw, binding=7)}", 8
        case ("not", operand):
            if draw(st.booleans()):
                return f"!{printed(operand, draw, binding=7)}", 8
            return f"not {printed(operand, draw, binding=3)}", 3
        case ("in", left, items, is_negated):
            word = "not in" if is_negated else "in"
            return f"{printed(left, draw, binding=4)} {word} [{', '.join(items)}]", 4
        case (operator, left, right):
            own = BINDING[operator]
            word = draw(st.sampled_from(SPELLINGS.get(operator, [operator])))
            # Comparisons do not chain on either side; the others associate to the left.
            left_binding = own if own == 4 else own - 1
            first = printed(left, draw, binding=left_binding)
            space = draw(st.sampled_from([" ", "\n", "  "]))
            return f"{first} {word}{space}{printed(right, draw, binding=own)}", own
        case _:
            raise AssertionError(tree)


# -------------------------------------------------------------------------------- evaluating


def looked_up(path: str, variables: dict[str, Any]) -> object:
    value: Any = variables
    for part in path.split("."):
        value = (value or {}).get(part)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(str(value))
    return value


def dumb(tree: Tree, variables: dict[str, Any]) -> Loose:
    """Evaluate a tree; Kleene's logic written out by cases."""
    match tree:
        case ("number", text):
            return Fraction(text)
        case ("text", value) | ("truth", value):
            return value
        case ("null",):
            return None
        case ("name", path):
            return looked_up(path, variables)
        case ("-", operand):
            value = dumb(operand, variables)
            return None if value is None else -value
        case ("not", operand):
            return {True: False, False: True, None: None}[dumb(operand, variables)]
        case ("and" | "or" as word, left, right):
            return junction(word, left, right, variables)
        case ("in", left, items, is_negated):
            value = dumb(left, variables)
            if value is None:
                return None
            found = [item.strip("'") if item[0] == "'" else Fraction(item) for item in items]
            return (value in found) is not is_negated
        case ("==" | "!=" as word, left, ("null",)):
            return (dumb(left, variables) is None) is (word == "==")
        case (word, left, right):
            one, two = dumb(left, variables), dumb(right, variables)
            return None if one is None or two is None else computed(word, one, two)
        case _:
            raise AssertionError(tree)


def junction(word: str, left: Tree, right: Tree, variables: dict[str, Any]) -> bool | None:
    """Evaluate `and` and `or` by their tables, the right side only where it matters."""
    one = dumb(left, variables)
    if word == "and":
        if one is False:
            return False
        two = dumb(right, variables)
        if two is False:
            return False
        return True if one is True and two is True else None
    if one is True:
        return True
    two = dumb(right, variables)
    if two is True:
        return True
    return False if one is False and two is False else None


def computed(word: str, one: Loose, two: Loose) -> Loose:
    """Evaluate an operator between two values that there are."""
    if word in ("==", "!="):
        return (one == two) is (word == "==")
    if word in ("<", "<=", ">", ">="):
        return {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[word]
    if isinstance(one, date):
        return shifted(word, one, two)
    if word in ("/", "%") and two == 0:
        raise Stop
    match word:
        case "+":
            number = one + two
        case "-":
            number = one - two
        case "*":
            number = one * two
        case "/":
            number = one / two
        case _:
            size = abs(one) % abs(two)
            number = -size if one < 0 else size
    limit = 2**NUMBER_BITS_MAX
    if abs(number.numerator) >= limit or number.denominator >= limit:
        raise Stop
    return number


def shifted(word: str, day: date, change: Loose) -> Loose:
    """Evaluate a date and days, or the days between dates."""
    if isinstance(change, date):
        return Fraction((day - change).days)
    if change.denominator != 1 or abs(change) > 100_000:
        raise Stop
    try:
        return day + timedelta(days=int(change) * (1 if word == "+" else -1))
    except OverflowError:
        raise Stop from None


def outcome_of_dumb(tree: Tree, variables: dict[str, Any]) -> object:
    try:
        return dumb(tree, variables)
    except Stop:
        return REFUSED


def outcome_of_ours(source: str, variables: dict[str, Any]) -> object:
    expression = compile_expression(source)
    try:
        evaluation = expression.run(variables)
    except ExpressionRefused:
        return REFUSED
    assert evaluation.step_count <= EVALUATION_STEPS_MAX
    return evaluation.value


def has_zero_divisor(tree: Tree) -> bool:
    """Say whether something is divided by a plain 0, which is refused when it is saved."""
    if tree[0] in ("/", "%") and tree[2] == ("number", "0"):
        return True
    return any(has_zero_divisor(part) for part in tree if isinstance(part, tuple))


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    """Return values of the variables, each of which may be missing."""
    number = st.one_of(st.none(), st.sampled_from([0, 1, 2, 30, 480, -5, 1.5, 10**30]))
    day = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 3, 1)))
    text = st.sampled_from([None, "premium", "child", "it's", ""])
    truth = st.sampled_from([None, True, False])
    return {
        "participants": draw(number),
        "duration": draw(number),
        "order_total": draw(number),
        "event_date": draw(day),
        "booking_date": draw(day),
        "tier": draw(text),
        "user": draw(
            st.one_of(
                st.just({}),
                st.fixed_dictionaries({"age": number, "membership": text, "student": truth}),
            )
        ),
        "metadata": {"weight": draw(number), "flag": draw(truth)},
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[Tree, str]:
    """Return a tree and one way to write it."""
    tree = draw(st.one_of(truths(3), numbers(3), dates(2)))
    return tree, printed(tree, draw)


@settings(max_examples=300, deadline=None)
@given(cases(), situations())
def test_ours_gives_what_the_dumb_evaluator_gives(
    case: tuple[Tree, str], variables: dict[str, Any]
) -> None:
    tree, source = case
    if has_zero_divisor(tree):
        return

    ours, expected = outcome_of_ours(source, variables), outcome_of_dumb(tree, variables)

    assert (type(ours), ours) == (type(expected), expected), source


ALPHABET = ["hour", "user.x", "1", "0.5", "'a'", '"', "(", ")", "[", "]", ",", "in", "not", "!"]
ALPHABET += ["&&", "||", "and", "==", "===", "<", "=", "-", "+", "%", "/", "**", "null", "true"]
ALPHABET += ["event_date", "\n", "\x00", "é", "≥", "\\", ".", "9" * 25]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(ALPHABET)).map(" ".join)))
def test_any_text_is_read_or_refused_with_a_place_inside_it(source: str) -> None:
    outcome = read_and_run(source)

    if isinstance(outcome, ExpressionRefused):
        assert 0 <= outcome.position.offset <= len(source)
        assert outcome.position.line >= 1 <= outcome.position.column
        assert outcome.message
    else:
        assert outcome <= EVALUATION_STEPS_MAX


def read_and_run(source: str) -> ExpressionRefused | int:
    """Return the refusal of a source, or the steps that it took."""
    try:
        expression = compile_expression(source)
        assert expression.tree.node_count <= NODES_MAX
        variables = {"hour": 3, "user": {"x": [1]}, "event_date": date.max}
        return expression.run(variables).step_count
    except ExpressionRefused as refusal:
        return refusal


@settings(max_examples=100, deadline=None)
@given(cases())
def test_reading_a_tree_counts_every_node_once(case: tuple[Tree, str]) -> None:
    tree, source = case

    read = parse(source)

    assert read.node_count == size_of(tree)


def size_of(tree: Tree) -> int:
    """Return how many nodes a tree has by our way of counting."""
    if tree[0] == "in":
        return 2 + size_of(tree[1]) + len(tree[2]) + (1 if tree[3] else 0)
    return 1 + sum(size_of(part) for part in tree if isinstance(part, tuple))
