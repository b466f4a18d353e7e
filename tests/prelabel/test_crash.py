import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_nothing_is_lost_when_pre_labelling_is_killed():
    script = Path(__file__).with_name("crash.py")
    command = [sys.executable, str(script), "--kills", "10", "--seed", str(os.getpid())]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}\n{ended.stderr}"
    assert "none lost" in ended.stdout
