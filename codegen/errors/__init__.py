"""Everything the compiler can say against a file: one constructor for each code, sorted by phase.

`S` syntax, `D` names and kinds, `C` context (irqs, preemption, locks), `N` not yet supported. A code is never
reused. Each has a fixture in `tests/specs/bad` with its exact text and a paragraph in `docs/language.md`. The
docstring of a constructor begins with its code.
"""

from .context import *  # noqa: F403
from .diagnostic import Diagnostic, DrainErrors, Severity
from .kinds import *  # noqa: F403
from .names import *  # noqa: F403
from .support import *  # noqa: F403
from .syntax import *  # noqa: F403

__all__ = ["Diagnostic", "DrainErrors", "Severity"]
