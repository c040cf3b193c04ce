"""Node.js, of the machine or of the virtual environment."""

import os
import shutil
import sys
from pathlib import Path


def node() -> str:
    found = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert found, "no Node.js: scripts/setup.sh provides one"
    return found
