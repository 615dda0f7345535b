"""The module for an httpd of one's own: built from upstream's source, and given by its apxs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from apache import Apache
from client import get, request
from expected import PATH, WORDS, assert_policy, assert_refused
from server import Site

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = Path(os.environ.get("MTA_STS_HTTPD_SOURCE", REPOSITORY / "build/httpd/source"))
COMPILER = "ccache cc" if shutil.which("ccache") else "cc"


def run(command: list, folder: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=1800,
                          env={**os.environ, "CC": COMPILER})  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder():
    """A folder that httpd's children may read."""
    made = Path(tempfile.mkdtemp(prefix="mta-sts-httpd-build-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def httpd(folder) -> Path:
    """The folder of an httpd that is installed as upstream's INSTALL says, with the modules alone that the tests load."""
    if not (SOURCE / "configure").exists():
        pytest.skip(f"no source of httpd in {SOURCE}: scripts/test unpacks it where the mirror has it")
    objects = folder / "objects"
    objects.mkdir()
    run([SOURCE / "configure", f"--prefix={folder}/httpd", "--enable-mpms-shared=event", "--enable-modules=none",
         "--enable-mods-static=unixd log_config", f"--enable-mods-shared={' '.join(Apache.modules)}"], objects)  # fmt: skip
    run(["make", "-j2"], objects)
    run(["make", "install"], objects)
    return folder / "httpd"


def test_builds_a_module_that_an_httpd_of_ones_own_loads(start, folder, httpd):
    apxs = httpd / "bin/apxs"
    run(["cmake", "--preset", "apache", "-B", folder / "build", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
         f"-DAPXS={apxs}"], REPOSITORY)  # fmt: skip
    run(["cmake", "--build", folder / "build"], folder)
    built = folder / "build/modules/mod_mta_sts.so"
    commands = (folder / "build/compile_commands.json").read_text()
    assert str(httpd / "include") in commands and "/usr/include/apache2" not in commands

    class Own(Apache):
        program = httpd / "bin/httpd"
        modules_folder = httpd / "modules"
        module = built

    server = start(Site(policy=WORDS, redirect="https://www.example.com"), kind=Own)
    answer = get(server.port, PATH)
    assert_policy(answer)
    assert_refused(request(server.port, "POST", PATH, body=b"x"))
    release = run([httpd / "bin/httpd", "-v"], folder).split("Apache/")[1].split()[0]
    assert answer.field("server").startswith(f"Apache/{release}")
    assert str(built) in Path(f"/proc/{server.process.pid}/maps").read_text()
    exported = run(["nm", "-D", "--defined-only", built], folder).splitlines()
    assert {line.split()[-1] for line in exported} == {"mta_sts_module"}
