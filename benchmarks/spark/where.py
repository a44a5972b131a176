"""On which machine and from which commit something was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import psutil


def commit() -> str:
    """Return the short hash of the commit that is checked out."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parent, check=False
    ).stdout.strip()


def machine() -> str:
    """Return cores, memory and system."""
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GB, {platform.platform(terse=True)}"
