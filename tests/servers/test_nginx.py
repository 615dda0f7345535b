import cases
from nginx import Nginx


class TestShared(cases.Shared):
    kind = Nginx
