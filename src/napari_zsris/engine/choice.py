"""Models that can be chosen, and why some cannot."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """A model or proposal source by name.

    Parameters
    ----------
    name : str
        The name, as on the command line.
    summary : str
        What it is.
    reason : str
        Why it cannot be used here; empty when it can.
    remedy : str
        How to make it usable.
    """

    name: str
    summary: str = ""
    reason: str = ""
    remedy: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be used here."""
        return not self.reason

    @property
    def explanation(self) -> str:
        """A tooltip: what it is, or why it cannot be used and what to do."""
        if self.usable:
            return self.summary
        return "\n".join(part for part in (self.summary, self.reason, self.remedy) if part)
