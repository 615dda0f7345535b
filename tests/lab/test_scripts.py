"""What the scripts do to a host. Runs in the bare lab: no network, and whatever is written is gone afterwards."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
GUARD = Path("/usr/sbin/policy-rc.d")

_APT = """#!/bin/sh
echo "$*" >>{log}
case "$*" in
  *' -s '*) {plan} ;;
  install*) {install} ;;
  download* | *' source '*) {download} ;;
  update*) {update} ;;
esac
"""


def prepared(text, log="/run/packages.log"):
    """A piece of shell, with packages.sh before it."""
    return f"set -euo pipefail; . {SCRIPTS}/packages.sh; packages_log={log}; {text}"


def source(text, path=None, **more):
    """Runs a piece of shell after packages.sh."""
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"], **more}
    return subprocess.run(["bash", "-c", prepared(text)], text=True, capture_output=True, check=False, env=environment)


@pytest.fixture
def apt(tmp_path):
    """A stand-in for apt-get that notes its calls; returns a function to make it, and the notes."""
    log = tmp_path / "calls"
    log.touch()

    def make(plan=":", install=":", download=":", update=":"):
        program = tmp_path / "apt-get"
        program.write_text(_APT.format(log=log, plan=plan, install=install, download=download, update=update))
        program.chmod(0o755)
        return tmp_path
    make.log = log
    return make


def test_installs_nothing_the_second_time(apt):
    done = source('install_packages bash coreutils dpkg', apt())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert apt.log.read_text() == ""


@pytest.mark.parametrize("plan, download", [("exit 100", ":"), ("echo Inst no-such-library", "exit 100")])
def test_unpacks_nothing_when_a_step_fails(apt, plan, download, tmp_path):
    done = source(f"unpack_packages {tmp_path}/lab no-such-package", apt(plan=plan, download=download))
    assert done.returncode != 0, done.stdout
    assert not (tmp_path / "lab/unpacked").exists()


@pytest.mark.parametrize("answer", ["exit 100", ":"])  # an error, and success without a file
def test_unpacks_no_source_when_none_comes(apt, answer, tmp_path):
    done = source(f"unpack_source {tmp_path}/httpd bookworm no-such-package || exit 7", apt(download=answer))
    assert done.returncode == 7, done.stdout
    assert not (tmp_path / "httpd/unpacked").exists()


def test_goes_on_when_a_source_of_packages_does_not_answer(apt):
    done = source("install_packages no-such-package-1", apt(update="exit 100"))
    assert done.returncode == 0
    assert "apt-get update failed" in done.stderr


def test_unpacks_nothing_the_second_time(lab, apt):
    done = source(f'unpack_packages {SCRIPTS.parent}/build/lab "${{lab_unpacked[@]}}"', apt())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert apt.log.read_text() == ""


def test_says_first_what_it_installs(apt):
    done = source("install_packages bash no-such-package-1 no-such-package-2", apt())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Installing Debian packages: no-such-package-1 no-such-package-2\n")
    assert apt.log.read_text().splitlines()[-1].endswith("no-such-package-1 no-such-package-2")


@pytest.mark.parametrize("plan", ["Remv postfix [3.7.11]", "Inst exim4-daemon-light (4.96 Debian)"])
def test_refuses_what_would_replace_or_bring_a_mail_server(apt, plan):
    done = source("install_packages no-such-package-1", apt(plan=f"echo '{plan}'"))
    assert done.returncode != 0
    assert plan in done.stdout + done.stderr
    assert not [line for line in apt.log.read_text().splitlines() if line.startswith("install") and " -s " not in line]


@pytest.mark.parametrize("had_guard", [False, True])
@pytest.mark.parametrize("install, code", [(f"sh {GUARD}; echo guard says $?", 0), ("exit 100", 100)])
def test_keeps_services_from_starting_and_restores_the_hosts_own_guard(apt, had_guard, install, code):
    GUARD.unlink(missing_ok=True)
    if had_guard:
        GUARD.write_text("#!/bin/sh\nexit 0\n")
    done = source("install_packages no-such-package-1", apt(install=install))
    assert done.returncode == code
    if code == 0:
        assert "guard says 101" in Path("/run/packages.log").read_text()
    else:
        assert done.stderr.endswith("Above are the last lines of /run/packages.log\n")
    assert GUARD.exists() == had_guard
    if had_guard:
        assert GUARD.read_text() == "#!/bin/sh\nexit 0\n"
        GUARD.unlink()


@pytest.mark.parametrize("has_systemctl", [False, True])
def test_disables_a_service_that_came_with_a_package(apt, has_systemctl):
    wants = Path("/etc/systemd/system/multi-user.target.wants")
    wants.mkdir(parents=True, exist_ok=True)
    old, new = wants / "lab-old.service", wants / "lab-new.service"
    old.unlink(missing_ok=True)
    old.symlink_to("/lib/systemd/system/lab-old.service")
    path = apt(install=f"ln -s /lib/systemd/system/lab-new.service {new}; ln -s ../init.d/lab-new /etc/rc3.d/S01lab-new")
    Path("/etc/rc3.d").mkdir(exist_ok=True)
    for name, text in (("systemctl", f'[ "$1 $2" = "disable -q" ] && rm {wants}/"$3"' if has_systemctl else "exit 127"),
                       ("update-rc.d", '[ "$2" = disable ] && rm "/etc/rc3.d/S01$1"')):
        (path / name).write_text(f"#!/bin/sh\n{text}\n")
        (path / name).chmod(0o755)
    done = source("install_packages no-such-package-1", path)
    assert done.returncode == 0, done.stderr
    assert "Disabling lab-new.service (unit)" in done.stdout
    assert "Disabling lab-new (init)" in done.stdout
    assert old.is_symlink() and not new.is_symlink()
    assert not Path("/etc/rc3.d/S01lab-new").is_symlink()


def test_offers_the_packages_that_were_built_for_this_release_alone(tmp_path):
    for suite in ("bookworm", "trixie"):
        (tmp_path / f"build/package-{suite}/root.out").mkdir(parents=True)
        (tmp_path / f"build/package-{suite}/root.out/mta-sts_1_{suite}.deb").touch()
    offer = f". {SCRIPTS}/system.sh; host_suite() {{ echo trixie; }}; cd {tmp_path}; "
    done = source(offer + "offer_packages bookworm")
    assert (done.returncode, done.stderr) == (0, "") and not (tmp_path / "build/packages").exists()
    for _ in range(2):
        done = source(offer + "offer_packages trixie; offer_packages bookworm; echo ./build/packages/mta-sts_*.deb")
        assert (done.stdout, done.stderr) == ("./build/packages/mta-sts_1_trixie.deb\n", "")


@pytest.mark.parametrize("script", ["lab", "demo", "test"])
def test_tells_a_user_without_rights_what_to_do(script, tmp_path):
    # The clone's own folder may be closed to others: the script is run from a copy that everybody can read.
    folder = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, folder)
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    done = subprocess.run(["bash", str(folder / script)], text=True, capture_output=True, check=False, user=65534)
    assert done.returncode == 2
    assert f"Run: sudo scripts/{script}" in done.stderr


def test_says_what_a_plain_chroot_lacks_before_anything_is_installed(tmp_path):
    for name in ("usr", "proc", "product/scripts"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (tmp_path / name).symlink_to(f"usr/{name}")
    shutil.copytree(SCRIPTS, tmp_path / "product/scripts", dirs_exist_ok=True)
    script = f"cd {tmp_path} && mount --bind /usr usr && mount --bind /proc proc && exec chroot . product/scripts/demo"
    done = subprocess.run(["unshare", "--mount", "bash", "-c", script], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "mount --bind FOLDER FOLDER" in done.stderr
