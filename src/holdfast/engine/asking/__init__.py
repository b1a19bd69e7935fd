"""Asking hooks between two transactions, never within one, and telling them what was committed.

`hooks` is what an embedding program gives us. `passages` leads a command past them: `opening`
rehearses it and keeps its places, the hooks are asked, `opening`'s other half does it. `telling`
goes through `streams` of facts. All of a stranger's code runs by way of `threads`.
"""

from holdfast.engine.asking.hooks import Hooks, OnFailure
from holdfast.engine.asking.passages import Asking, Passage, Question, Verdict, led
from holdfast.engine.asking.streams import ListenerState, Streams
from holdfast.engine.asking.telling import Listener, Telling, listeners_of
from holdfast.engine.asking.threads import HookThreads

__all__ = [
    "Asking",
    "HookThreads",
    "Hooks",
    "Listener",
    "ListenerState",
    "OnFailure",
    "Passage",
    "Question",
    "Streams",
    "Telling",
    "Verdict",
    "led",
    "listeners_of",
]
