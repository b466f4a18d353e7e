"""A hook of MkDocs: the page on troubleshooting ends with every error and warning."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "napari_zsris"
PLACE = "<!-- every message -->"
MARKUP, ESCAPED = re.compile(r"([\\`*_<>\[\]|])"), r"\\\1"


def on_page_markdown(markdown: str, **_: object) -> str:
    """Fill in the messages where a page asks for them.

    Parameters
    ----------
    markdown : str
        The page.
    **_ : object
        What MkDocs tells besides.

    Returns
    -------
    str
        The page with a section for every kind of error, its messages in the order of the alphabet.
    """
    return markdown.replace(PLACE, "\n".join(_sections())) if PLACE in markdown else markdown


def messages(source: Path = SOURCE) -> dict[str, tuple[str, list[str]]]:
    """Gather what errors and warnings say.

    Parameters
    ----------
    source : Path
        The package.

    Returns
    -------
    dict of str to tuple
        For every kind of error that a user can mend, and for warnings: what it stands for, and its
        messages. What differs from case to case is an ellipsis.
    """
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(source.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    kinds = dict(_kinds([node for node in nodes if isinstance(node, ast.ClassDef)]))
    found: dict[str, set[str]] = {kind: set() for kind in kinds}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            kind = "ZsrisWarning" if node.func.id == "warn" else node.func.id
            if kind in kinds:
                found[kind].update(_text(argument) for argument in node.args[:1])
    told = {
        kind: sorted(filter(_says_something, texts), key=_letters) for kind, texts in found.items()
    }
    return {kind: (kinds[kind], texts) for kind, texts in told.items() if texts}


def _kinds(classes: list[ast.ClassDef]) -> Iterator[tuple[str, str]]:
    known = {"ZsrisError", "ZsrisWarning"}
    for _ in classes:
        known |= {one.name for one in classes if {ast.unparse(base) for base in one.bases} & known}
    for one in classes:
        if one.name in known:
            yield one.name, (ast.get_docstring(one) or one.name).splitlines()[0].rstrip(".")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text)).lower()


def _says_something(text: str) -> bool:
    return len(_letters(text)) > 5


def _sections() -> Iterator[str]:
    for _, (meaning, texts) in sorted(messages().items(), key=lambda item: item[1][0]):
        yield f"### {meaning}\n"
        yield from (f"- {MARKUP.sub(ESCAPED, text)}" for text in texts)
        yield ""
