"""What /proc says of a process (Linux only)."""

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


def cpu_seconds(pid):
    """User and system time of all its threads, in steps of 10 ms (proc(5), stat)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * TICK


def resident_kib(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KIB
