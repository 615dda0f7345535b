"""Follows README.md and the guides word by word in a bare Debian system: `scripts/guides` is the way in."""
