"""A hook of MkDocs: the site wears the plugin's icon."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ICON = Path(__file__).resolve().parents[1] / "src" / "napari_zsris" / "icon.svg"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the icon to the files of the site.

    Parameters
    ----------
    files : Files
        The site's files so far.
    config : MkDocsConfig
        How the site is built.

    Returns
    -------
    Files
        The same and the icon.
    """
    files.append(File.generated(config, ICON.name, abs_src_path=str(ICON)))
    return files
