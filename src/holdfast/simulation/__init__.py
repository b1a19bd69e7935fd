"""The simulation: random customers, clocks and failures against the real engine and a dumber one.

`simulate` runs it. One seed draws everything; the same seed gives the same history on every
database. `worlds`, `steps`, `minds` and the model (`model`, `books`, `judging`, `rulings`,
`closures`, `definitions`) know nothing of the engine; `acting`, `commands` and `nemesis` are the
engine's side.
"""

from holdfast.simulation.simulating import Report, Violation, simulate

__all__ = ["Report", "Violation", "simulate"]
