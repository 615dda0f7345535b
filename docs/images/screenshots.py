"""What both makers of pictures share."""

import sys
import tempfile
from pathlib import Path

from browser import browse

SMALLEST = 20_000  # bytes; a page without content is below


def take(page, picture, width, height, *words, scale=1.5, largest=200_000):
    """Takes the picture of a page at `scale` times its size, in pixels; it may have `largest` bytes."""
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        browse(page.as_uri(), Path(folder), f"--screenshot={picture}", f"--window-size={width},{height}",
               f"--force-device-scale-factor={scale}", "--default-background-color=00000000", *words)  # fmt: skip
    if not picture.exists() or not SMALLEST < picture.stat().st_size < largest:
        sys.exit(f"{picture} is not there, empty or over {largest} bytes")
