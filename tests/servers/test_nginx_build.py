"""The other ways to build the module: nginx's own configure with --add-dynamic-module and --add-module, and NGINX_BUILD_DIR."""

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
# Of a release with HTTP/3, as its authors gave it: nginx-dev has the headers alone.
WHOLE_SOURCE = MODULE_SOURCE.parent / "build/nginx-source/source"
COMPILER = "ccache cc" if shutil.which("ccache") else "cc"


def run(command: list, folder: Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture
def folder():
    """A folder that nginx's worker may read."""
    made = Path(tempfile.mkdtemp(prefix="mta-sts-nginx-build-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def by_nginx(folder: Path) -> Path:
    flags = '. ./conf_flags && exec ./configure "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$1" --builddir="$2"'
    run(["bash", "-c", flags, "configure", MODULE_SOURCE, folder / "objs"], SOURCE)
    run(["make", "-j2", "-f", folder / "objs/Makefile", f"CC={COMPILER}", "modules"], SOURCE)
    return folder / "objs" / "ngx_http_mta_sts_module.so"


def by_cmake(folder: Path) -> Path:
    shutil.copytree(SOURCE, folder / "nginx")
    run(["bash", "-c", '. ./conf_flags && exec ./configure "${NGX_CONF_FLAGS[@]}"'], folder / "nginx")
    run(["cmake", "--preset", "nginx", "-B", folder / "build", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
         f"-DNGINX_BUILD_DIR={folder}/nginx"], MODULE_SOURCE.parent)  # fmt: skip
    run(["cmake", "--build", folder / "build"], folder)
    assert not (folder / "build/nginx-module/nginx").exists(), "configured again, for the distribution's nginx"
    return folder / "build/modules/ngx_http_mta_sts_module.so"


@pytest.mark.parametrize("build", [by_nginx, by_cmake])
def test_builds_a_module_that_nginx_loads(start, folder, build):
    built = build(folder)

    class BuiltElsewhere(Nginx):
        module = built

    server = start(Site(policy=WORDS, redirect="https://www.example.com"), kind=BuiltElsewhere)
    assert_policy(get(server.port, PATH))
    assert_refused(request(server.port, "POST", PATH, body=b"x"))
    assert str(built) in Path(f"/proc/{server.process.pid}/maps").read_text()
    assert exported(built) == {"ngx_modules", "ngx_module_names", "ngx_module_order", "ngx_http_mta_sts_module"}


def test_is_linked_into_an_nginx_with_http_3(start, folder):
    if not (WHOLE_SOURCE / "configure").exists():
        pytest.skip(f"no source of nginx in {WHOLE_SOURCE}: scripts/test unpacks it where the mirror has it")
    shutil.copytree(WHOLE_SOURCE, folder / "nginx")
    run(["./configure", f"--prefix={folder}", f"--with-cc={COMPILER}", "--with-http_ssl_module", "--with-http_v2_module", "--with-http_v3_module",
         f"--add-module={MODULE_SOURCE}"], folder / "nginx")  # fmt: skip
    run(["make", "-j2"], folder / "nginx")
    objects = {path.parent.name for path in (folder / "nginx/objs/addon").glob("*/*.o")}
    assert objects and all(name.startswith("mta_sts_") for name in objects)  # another module's folders have other names

    class Linked(Nginx):
        program = module = folder / "nginx/objs/nginx"
        load_module = False

    server = start(Site(policy=WORDS, redirect="https://www.example.com"), kind=Linked)
    assert_policy(get(server.port, PATH))
    assert_refused(request(server.port, "POST", PATH, body=b"x"))
    # The module by CMake, with the headers of HTTP/3 in the way.
    run(["cmake", "--preset", "nginx", "-B", folder / "build", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
         f"-DNGINX_BUILD_DIR={folder}/nginx"], MODULE_SOURCE.parent)  # fmt: skip
    commands = (folder / "build/compile_commands.json").read_text()
    assert all(f"{folder}/nginx/src/{place}" in commands for place in ("event/quic", "http/v3"))
    run(["cmake", "--build", folder / "build", "--target", "ngx_http_mta_sts_module"], folder)


def exported(library: Path) -> set:
    printed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in printed.splitlines()}


def test_says_what_is_missing_in_an_nginx_that_is_not_configured(tmp_path):
    done = subprocess.run(["cmake", "--preset", "nginx", "-B", tmp_path / "build", f"-DNGINX_BUILD_DIR={tmp_path}"],
                          cwd=MODULE_SOURCE.parent, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode != 0 and "run nginx's configure there first" in " ".join(done.stderr.split())
