"""debian/*.install against what CMake installs: each file is in exactly one package, and in one that may have it."""
import fnmatch
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "debian"
UNITS = "usr/lib/systemd/system"
# Which packages may have files of a component. The resolver's program is the command.
PACKAGES = {
    "apache": {"libapache2-mod-mta-sts"},
    "command": {"mta-sts"},
    "exim": {"exim4-mta-sts"},
    "library": {"libmta-sts0", "libmta-sts-dev"},
    "nginx": {"libnginx-mod-http-mta-sts"},
    "resolver": {"mta-sts", "mta-sts-resolver", "exim4-mta-sts"},
    "import": {"mta-sts-tlsrpt-import"},
    "sync": {"mta-sts-store-sync"},
}


def described():
    """The binary packages of debian/control."""
    return set(re.findall(r"^Package: (\S+)$", (DEBIAN / "control").read_text(encoding="utf-8"), re.MULTILINE))


def lists():
    """Package -> patterns of the files that it gets."""
    return {path.stem: path.read_text(encoding="utf-8").replace("${env:UNITS}", UNITS).split()
            for path in DEBIAN.glob("*.install")}


def takes(pattern, name):
    """Whether dh_install moves a file by a pattern: it names the file or a folder above it, and * ends at a slash."""
    wanted, parts = pattern.split("/"), name.split("/")
    return len(wanted) <= len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))


def names(installer):
    """What the files of one install() are called."""
    for path in installer["paths"]:
        yield path["to"] if isinstance(path, dict) else pathlib.PurePath(path).name


def configured(build, *options):
    """File -> component, as CMake says after configuring as debian/rules does; nothing is built."""
    api = build / ".cmake/api/v1"
    (api / "query").mkdir(parents=True)
    (api / "query/codemodel-v2").touch()
    done = subprocess.run([os.environ["CMAKE"], "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_INSTALL_PREFIX=/usr",
                           "-DCMAKE_BUILD_TYPE=Release", "-DMTA_STS_TESTS=OFF", f"-DMTA_STS_UNITS=/{UNITS}", *options],
                          check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    files = {}
    for reply in (api / "reply").glob("directory-*.json"):
        for installer in json.loads(reply.read_text(encoding="utf-8")).get("installers", []):
            folder = pathlib.PurePosixPath("/usr", installer["destination"])
            files |= {str(folder / name)[1:]: installer["component"] for name in names(installer)}
    return files


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return configured(tmp_path_factory.mktemp("configured"))


def test_every_package_is_known():
    assert described() == set(lists()) == set.union(*PACKAGES.values())


def test_every_file_is_in_one_package_of_its_component(installed):
    assert set(installed.values()) == set(PACKAGES)
    for name, component in installed.items():
        owners = [package for package, patterns in lists().items() if any(takes(pattern, name) for pattern in patterns)]
        assert len(owners) == 1, f"{name} is in {owners}"
        assert owners[0] in PACKAGES[component], f"{name} of {component} is in {owners[0]}"


@pytest.mark.parametrize("part, components", [("COMMAND", {"command", "import", "resolver", "sync"}), ("IMPORT", {"import"}),
                                              ("RESOLVER", {"resolver"}), ("SYNC", {"sync"})])
def test_a_part_that_is_off_installs_nothing_and_the_others_all(part, components, installed, tmp_path):
    left = configured(tmp_path, f"-DMTA_STS_{part}=OFF")
    assert left == {name: component for name, component in installed.items() if component not in components}


def test_every_pattern_names_a_file(installed):
    for package, patterns in lists().items():
        for pattern in patterns:
            assert any(takes(pattern, name) for name in installed), f"{package}: {pattern}"


def test_every_unit_is_started_or_left(installed):
    """A unit without its line of dh_installsystemd would never be started; a line without units is for all of the package."""
    rules = (DEBIAN / "rules").read_text(encoding="utf-8")
    lines = re.findall(r"dh_installsystemd --package=(\S+)(.*)", rules)
    for unit in (path.name for path in (ROOT / "packaging/systemd").iterdir() if path.suffix != ".sysusers"):
        assert f"{UNITS}/{unit}" in installed
        owners = {package for package, patterns in lists().items() if f"{UNITS}/{unit}" in patterns}
        told = {package for package, words in lines if unit in words.split() or "mta-sts-" not in words}
        assert owners <= told, unit


def test_every_file_for_apache_is_in_the_tree():
    for line in (DEBIAN / "libapache2-mod-mta-sts.apache2").read_text(encoding="utf-8").splitlines():
        assert (ROOT / line.split()[1]).is_file(), line


def test_the_documents_name_every_package():
    page = (ROOT / "docs/packages.md").read_text(encoding="utf-8")
    rows = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\S+?)`", row)}
    assert rows == described()
