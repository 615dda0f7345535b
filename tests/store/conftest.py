from stores import store  # noqa: F401
