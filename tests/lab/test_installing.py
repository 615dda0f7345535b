"""How packages come onto a host: real apt and dpkg, with a repository of tiny packages. Runs in the bare lab."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from .test_scripts import source

SERVICE = Path("/etc/systemd/system/multi-user.target.wants/lab-tool.service")


class Repository:
    """A folder that apt takes packages from, and nothing else."""

    def __init__(self, folder):
        self._folder = folder
        self._index = folder / "Packages"
        self._index.touch()
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "sources.list").write_text(f"deb [trusted=yes] file:{folder} ./\n")
        self.configuration = folder / "apt.conf"
        self.configuration.write_text(f"""Dir::Etc::sourcelist "{folder}/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null"; Dir::State::lists "{folder}/lists"; Dir::Cache "{folder}/cache";
APT::Sandbox::User "root"; #clear DPkg::Pre-Install-Pkgs; #clear DPkg::Post-Invoke;
""")

    def package(self, name, version, depends="", made_from="lab-thing", files=()):
        """Makes a package; returns its file."""
        tree = self._folder / "trees" / f"{name}_{version}"
        (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
        control = f"Package: {name}\nVersion: {version}\nSource: {made_from}\nArchitecture: all\nMaintainer: Lab <root@localhost>\n"
        control += f"Depends: {depends}\n" if depends else ""
        (tree / "DEBIAN/control").write_text(f"{control}Description: for a test\n")
        for file in files:
            (tree / file).parent.mkdir(parents=True)
            (tree / file).write_text("[Service]\nExecStart=/bin/true\n")
        made = self._folder / f"{name}_{version}.deb"
        subprocess.run(["dpkg-deb", "-Znone", "--build", tree, made], check=True, capture_output=True)
        return made

    def offer(self, *args, **more):
        """Makes a package and offers it."""
        made = self.package(*args, **more)
        fields = subprocess.run(["dpkg-deb", "--field", made], check=True, capture_output=True, text=True).stdout
        with self._index.open("a") as index:
            index.write(f"{fields}Filename: ./{made.name}\nSize: {made.stat().st_size}\n"
                        f"SHA256: {hashlib.sha256(made.read_bytes()).hexdigest()}\n\n")

    def install(self, *names):
        """install_packages of scripts/installing.sh, with this repository."""
        return source(f"install_packages {' '.join(names)}", APT_CONFIG=str(self.configuration))


def version_of(name):
    """The version that is installed."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


@pytest.fixture
def repository(lab, tmp_path):
    """An empty repository, and a host that has lab-lib and lab-tool of one source in version 1."""
    made = Repository(tmp_path)
    libraries = [made.package("lab-lib", "1"), made.package("lab-tool", "1", "lab-lib", files=["lib/systemd/system/lab-tool.service"])]
    subprocess.run(["dpkg", "--install", *libraries], check=True, capture_output=True)
    yield made
    SERVICE.unlink(missing_ok=True)
    subprocess.run(["dpkg", "--purge", "lab-dev", "lab-tool", "lab-lib"], check=True, capture_output=True)


def test_upgrades_nothing_where_the_version_of_this_host_is_offered_too(repository):
    for version in "12":
        repository.offer("lab-lib", version)
        repository.offer("lab-dev", version, f"lab-lib (= {version})")
    done = repository.install("lab-dev")
    assert done.returncode == 0, done.stderr
    assert "Upgrading nothing that is installed.\n" in done.stdout
    assert (version_of("lab-dev"), version_of("lab-lib")) == ("1", "1")


def test_upgrades_only_what_is_needed_and_says_so_first(repository):
    repository.offer("lab-lib", "2")
    repository.offer("lab-tool", "2", "lab-lib")
    repository.offer("lab-dev", "2", "lab-lib (= 2)")
    done = repository.install("lab-dev")
    assert done.returncode == 0, done.stderr
    said, _, after = done.stdout.partition("Installing packages: ")
    assert "need the newer versions:\n  lab-lib from 1 to 2\n" in said and after
    assert [version_of(name) for name in ("lab-dev", "lab-lib", "lab-tool")] == ["2", "2", "1"]


def test_says_what_comes_besides(repository):
    repository.offer("lab-more", "1", made_from="lab-other")
    repository.offer("lab-dev", "1", "lab-more")
    done = repository.install("lab-dev")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Installing Debian packages: lab-dev\n")
    assert "\nand what they need: lab-more\n" in done.stdout
    subprocess.run(["dpkg", "--purge", "lab-dev", "lab-more"], check=True, capture_output=True)


def test_refuses_to_upgrade_what_starts_with_the_host(repository):
    SERVICE.parent.mkdir(parents=True, exist_ok=True)
    SERVICE.symlink_to("/lib/systemd/system/lab-tool.service")
    repository.offer("lab-tool", "2", "lab-lib")
    repository.offer("lab-dev", "2", "lab-tool (= 2)")
    done = repository.install("lab-dev")
    assert done.returncode != 0
    assert "would upgrade lab-tool, and with it what starts with this host: lab-tool." in done.stderr
    assert (version_of("lab-dev"), version_of("lab-tool")) == ("", "1")


def test_keeps_the_hosts_own_preferences(repository):
    repository.offer("lab-lib", "1")
    repository.offer("lab-lib", "2")
    for version in "12":
        repository.offer("lab-dev", version, f"lab-lib (= {version})")
    preferences = Path("/etc/apt/preferences")
    before = preferences.read_text() if preferences.exists() else None
    preferences.write_text("Package: lab-dev\nPin: version 2\nPin-Priority: 995\n")
    try:
        done = repository.install("lab-dev")
    finally:
        preferences.unlink()
        if before is not None:
            preferences.write_text(before)
    assert done.returncode == 0, done.stderr
    assert (version_of("lab-dev"), version_of("lab-lib")) == ("2", "2")
