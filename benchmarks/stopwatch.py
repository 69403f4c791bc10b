"""Where the time of a network goes: its modules, and the functions it calls between them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

from torch import nn


class Stopwatch:
    """Adds up the time of what it watches; on the CPU, where a call has ended when it returns.

    What it watches should not call another thing that it watches: both would be counted.

    Attributes:
        seconds: by label. A caller may put another dictionary here at any time.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._began: dict[nn.Module, float] = {}

    def watch_module(self, label: str, module: nn.Module) -> None:
        """From now on, time the forward passes of a module."""
        module.register_forward_pre_hook(self._start)
        module.register_forward_hook(partial(self._stop, label))

    def watch_function(self, label: str, place: ModuleType) -> None:
        """From now on, time the calls of a function by its name in a Python module."""
        function: Callable[..., Any] = getattr(place, label)

        @wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            result = function(*arguments, **options)
            self.seconds[label] += time.perf_counter() - began
            return result

        setattr(place, label, timed)

    def _start(self, module: nn.Module, inputs: Any) -> None:
        self._began[module] = time.perf_counter()

    def _stop(self, label: str, module: nn.Module, inputs: Any, output: Any) -> None:
        self.seconds[label] += time.perf_counter() - self._began[module]
