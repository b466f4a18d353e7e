"""Hold every public docstring against numpydoc's rules, as pyproject.toml configures them."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Validate the package's files; give the exit status."""
    files = [str(path) for path in sorted(Path("src").rglob("*.py"))]
    return subprocess.run(
        [sys.executable, "-m", "numpydoc", "lint", *files], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
