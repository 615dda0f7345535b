"""A small internet of its own: DNS, certificates, web and mail servers in private namespaces.

`scripts/lab` is the way in; `from lab import Lab` is for tests that run inside (see README.md)."""
