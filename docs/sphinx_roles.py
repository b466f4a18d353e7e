"""A hook of MkDocs: cross-references written for Sphinx become plain code."""

import re

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):<code>(~?)([\w.]+)</code>")


def on_page_content(html: str, **_: object) -> str:
    """Rewrite the roles of a rendered page.

    Parameters
    ----------
    html : str
        The page's content.
    **_ : object
        What MkDocs tells besides.

    Returns
    -------
    str
        The same without roles; a tilde leaves only the last part of a name, as in Sphinx.
    """
    return ROLE.sub(lambda role: f"<code>{_shown(role[2], short=bool(role[1]))}</code>", html)


def _shown(name: str, *, short: bool) -> str:
    return name.rpartition(".")[2] if short else name
