"""The simulation: random customers, clocks and failures against the real engine and a dumber one.

`simulate` runs it. One seed draws everything; the same seed gives the same history on every
database. `acting`, `commands` and `nemesis` are the engine's side, `running` and `simulating` hold
both together; the rest is the customers and the model, and knows nothing of the engine.
"""

from holdfast.simulation.simulating import Report, Violation, simulate

__all__ = ["Report", "Violation", "simulate"]
