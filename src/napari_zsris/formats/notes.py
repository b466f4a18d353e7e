"""What a person should know of a file, said once for all rows that it is true of."""

from __future__ import annotations

__all__ = ["Notes"]


class Notes:
    """Remarks on masks and photos, counted."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def add(self, where: str, remark: str) -> None:
        """Note something.

        Parameters
        ----------
        where : str
            What it is true of, such as "annotation 12".
        remark : str
            The end of a sentence that begins with it.
        """
        self._first.setdefault(remark, where)
        self._counts[remark] = self._counts.get(remark, 0) + 1

    def told(self) -> tuple[str, ...]:
        """Say what was noted.

        Returns
        -------
        tuple of str
            A sentence for every remark, with how many others it is true of.
        """
        return tuple(
            f"{where}{_others(self._counts[remark] - 1)} {remark}"
            for remark, where in self._first.items()
        )


def _others(count: int) -> str:
    return f" (and {count:,} more)" if count else ""
