"""The other way to build the module: nginx's own configure with --add-dynamic-module."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from client import get, request
from expected import PATH, WORDS, assert_policy, assert_refused
from nginx import Nginx
from server import Site

SOURCE = Path(os.environ.get("MTA_STS_NGINX_SOURCE", "/usr/share/nginx/src"))
MODULE_SOURCE = Path(__file__).resolve().parents[2] / "nginx-module"


def run(command: list, folder: Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def built():
    folder = Path(tempfile.mkdtemp(prefix="mta-sts-nginx-build-"))
    folder.chmod(0o755)
    flags = '. ./conf_flags && exec ./configure "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$1" --builddir="$2"'
    run(["bash", "-c", flags, "configure", MODULE_SOURCE, folder / "objs"], SOURCE)
    compiler = "CC=ccache cc" if shutil.which("ccache") else "CC=cc"
    run(["make", "-j2", "-f", folder / "objs/Makefile", compiler, "modules"], SOURCE)
    yield folder / "objs" / "ngx_http_mta_sts_module.so"
    shutil.rmtree(folder)


def test_nginx_builds_and_loads_the_module(start, built):
    class BuiltByNginx(Nginx):
        module = built

    server = start(Site(policy=WORDS, redirect="https://www.example.com"), kind=BuiltByNginx)
    assert_policy(get(server.port, PATH))
    assert_refused(request(server.port, "POST", PATH, body=b"x"))
    assert str(built) in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_it_exports_what_nginx_needs_alone(built):
    printed = subprocess.run(["nm", "-D", "--defined-only", built], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in printed.splitlines()}
    assert names == {"ngx_modules", "ngx_module_names", "ngx_module_order", "ngx_http_mta_sts_module"}
