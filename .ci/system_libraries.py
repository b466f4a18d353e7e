"""Make sure that the system libraries which Qt and OpenGL need are there.

As root on Debian, what is missing is installed; other users are told the line to run. Other systems
bring these libraries along.
"""

import os
import shutil
import subprocess
import sys

PACKAGES = (
    "libdbus-1-3 libegl1 libgl1 libglx-mesa0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 "
    "libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 "
    "libxkbcommon-x11-0 xvfb"
).split()


def missing() -> list[str]:
    """Name the packages that dpkg does not know as installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *PACKAGES]
    listing = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in installed]


def main() -> int:
    """Install or name what is missing; give the exit status."""
    if shutil.which("dpkg-query") is None:
        return 0
    packages = missing()
    if not packages:
        return 0
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        line = f"apt-get update && {' '.join(install)}"
        print(f"Qt and OpenGL need system libraries; run as root: {line}", file=sys.stderr)
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install):
        status = subprocess.run(command, env=environment, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
