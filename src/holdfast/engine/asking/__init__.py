"""Asking hooks: between two transactions, never within one.

`hooks` is what an embedding program gives us. `passages` leads a command past them: `opening`
rehearses it and keeps its places, the hooks are asked, `opening`'s other half does it.
"""

from holdfast.engine.asking.hooks import Hooks, OnFailure
from holdfast.engine.asking.passages import Asking, HookThreads, Passage, Question, Verdict, led

__all__ = ["Asking", "HookThreads", "Hooks", "OnFailure", "Passage", "Question", "Verdict", "led"]
