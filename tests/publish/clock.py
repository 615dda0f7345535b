"""Commands that are told another time than the clock has."""

import os
from datetime import datetime
from pathlib import Path

from lab.processes import sanitizers

CLOCK = Path(os.environ["MTA_STS_BUILD"]) / "tests" / "servers" / "clock_at.so"
COMMAND = Path("/usr/bin/mta-sts")


def told(time: datetime) -> dict:
    """What the environment of `mta-sts` must have: a sanitizer's library is the first to be loaded."""
    return {"LD_PRELOAD": " ".join([*sanitizers(COMMAND), str(CLOCK)]), "CLOCK_AT": str(int(time.timestamp()))}
