from postgresql import postgresql  # noqa: F401
from stores import store  # noqa: F401
from sync_nodes import nodes, panel  # noqa: F401
