"""A host for the commands of a guide: namespaces of its own, in which nothing that is written stays.

What a reader has is there: the server as it runs after its installation, the name mta-sts.example.com that leads to it, and a
certificate for that name.
"""

import os
import subprocess
from pathlib import Path

import pytest

import tls

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = "mta-sts.example.com"

# "$OVER" is a folder with packages that are unpacked and not installed; "$WORK" is the test's own.
HOST = r"""
set -e
mount -t tmpfs tmpfs "$WORK/changes"
for folder in etc usr var; do
  mkdir -p "$WORK/changes/$folder/new" "$WORK/changes/$folder/work" "$WORK/changes/$folder/over"
  over="$WORK/changes/$folder/over"
  [ ! -d "$OVER/$folder" ] || mount --bind "$OVER/$folder" "$over"
  mount -t overlay -o "lowerdir=$over:/$folder,upperdir=$WORK/changes/$folder/new,workdir=$WORK/changes/$folder/work" \
    overlay "/$folder"
done
mount -t tmpfs tmpfs /run
mkdir /run/lock
ip link set lo up
echo "127.0.0.1 mta-sts.example.com" >>/etc/hosts
live=/etc/letsencrypt/live/mta-sts.example.com
mkdir -p "$live"
cp "$WORK/host.pem" "$live/fullchain.pem"
cp "$WORK/host.key" "$live/privkey.pem"
sudo() { "$@"; }
curl() { command curl --silent --show-error --noproxy "*" --retry 30 --retry-connrefused --retry-delay 1 --max-time 60 "$@"; }
"""

needed = pytest.mark.skipif(os.geteuid() != 0 or bool(os.environ.get("SANITIZE")),
                            reason="needs root, and a module without a sanitizer for Debian's server")  # fmt: skip


def run_on_a_host(work: Path, commands: str, over: Path = Path("/nonexistent")) -> str:
    """Runs shell text in the tree of the project, where `build` is what was built; gives what it printed."""
    certificate = tls.make_certificate(work, NAME)
    (work / "changes").mkdir()
    (work / "build").symlink_to(os.environ["MTA_STS_BUILD"])
    (work / "apache-module").symlink_to(REPOSITORY / "apache-module")
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", HOST + commands],
        cwd=work, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "WORK": str(work), "OVER": str(over), "CURL_CA_BUNDLE": str(certificate.authority)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
