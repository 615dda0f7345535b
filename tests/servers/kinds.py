"""Which kinds of server the tests know, and which of them this machine can run."""

import importlib
import importlib.util


def all_kinds() -> list:
    """The Server classes of every adapter: a file nginx.py brings class Nginx, apache.py class Apache."""
    return [
        getattr(importlib.import_module(name), name.capitalize())
        for name in ("nginx", "apache")
        if importlib.util.find_spec(name)
    ]
