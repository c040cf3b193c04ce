"""What the figures were measured on."""

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path


def facts() -> dict[str, str]:
    """Name and value, as they stand in the report."""
    return {
        "Measured": datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        "Revision": _first_line("git", "describe", "--always", "--dirty"),
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "System": f"{_distribution()}, Linux {platform.release()}",
        "4 KB append and fdatasync": f"{_sync_ms():.2f} ms (median)",
        "Load of the machine before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "MariaDB": _version("mariadbd", "--version"),
        "PHP": _version("php-fpm8.2", "-v"),
        "nginx": _version("nginx", "-v"),
    }


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _distribution() -> str:
    return platform.freedesktop_os_release()["PRETTY_NAME"]


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].strip()


def _version(*command: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+", _first_line(*command))
    return found[0] if found else "unknown"


def _sync_ms() -> float:
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(100):
            begin = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3
