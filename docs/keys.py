"""A hook of MkDocs: the page on keys ends with every key, as the code has them."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).resolve().parents[1] / "src" / "napari_zsris" / "review"
PLACE = "<!-- every key -->"


def on_page_markdown(markdown: str, **_: object) -> str:
    """Fill in the keys where a page asks for them.

    Parameters
    ----------
    markdown : str
        The page.
    **_ : object
        What MkDocs tells besides.

    Returns
    -------
    str
        The page with a table for every group of actions.
    """
    return markdown.replace(PLACE, "\n".join(_tables())) if PLACE in markdown else markdown


def _tables() -> Iterator[str]:
    actions = _actions()
    for group in actions.Group:
        rows = [
            (actions.printed(one.key), one.purpose) for one in actions.ACTIONS if one.group is group
        ]
        yield from _table(str(group), rows)
    yield from _table("napari's own, while correcting", actions.NAPARI_S_OWN)


def _table(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| key | does |\n| --- | --- |"
    yield from (f"| `{key}` | {purpose} |" for key, purpose in rows)
    yield ""


def _actions() -> ModuleType:
    """Load the table of actions alone: the documentation is built without napari."""
    place = importlib.util.spec_from_file_location("zsris_actions", SOURCE / "actions.py")
    module = importlib.util.module_from_spec(place)
    # A dataclass looks its module up.
    sys.modules[place.name] = module
    place.loader.exec_module(module)
    return module
