"""What the derived configuration costs: `scripts/lab --bare -- /usr/bin/python3 bench/exim/measure.py`.

Instructions of one Exim process (callgrind) that routes one address, with and without the blocks of `mta-sts exim-setup`,
and the time of exim-setup and exim-check on a configuration with 300 routers."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tests" / folder) for folder in ("", "exim")]

from lab.domains import simple  # noqa: E402
from lab.exim import Exim  # noqa: E402
from lab.lab import Lab  # noqa: E402
from scripted_resolver import ScriptedResolver, policy_line  # noqa: E402

DOMAIN = "enforce.example"
PROFILED = "/run/exim4-profiled"
ROUTERS = 300
HEAD = """primary_hostname = sender.example
domainlist local_domains = @
local_interfaces = 127.0.0.1
keep_environment =
"""
ROUTER = """{name}:
  driver = dnslookup
  domains = {domains}
  transport = {transport}
  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8 : ::1
"""
TRANSPORT = "{name}:\n  driver = smtp\n  helo_data = sender.example\n"


def configuration(routers):
    """A configuration with that many routers for single domains, and one for all others."""
    names = [f"only_{i}" for i in range(routers)]
    return "".join([HEAD, "begin routers\n",
                    *(ROUTER.format(name=n, domains=f"{n}.example", transport=f"smtp_{n}") for n in names),
                    ROUTER.format(name="world", domains="! +local_domains", transport="remote_smtp"), "  no_more\nbegin transports\n",
                    *(TRANSPORT.format(name=f"smtp_{n}") for n in names), TRANSPORT.format(name="remote_smtp"),
                    "begin retry\n* * F,2h,15m\n"])


def with_blocks(name, plain):
    """The configuration with the blocks, and how long making them took."""
    begin = time.perf_counter()
    done = subprocess.run(["mta-sts", "exim-setup", "--whole", str(plain), "enforce"], check=True, capture_output=True, text=True)
    return Exim.trusted_config(name, done.stdout), time.perf_counter() - begin


def instructions(config):
    """The user instructions of one Exim that routes an address."""
    out = "/run/bench.callgrind"
    done = subprocess.run(["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={out}", PROFILED, "-C", str(config),
                           "-bt", f"someone@{DOMAIN}"], check=True, capture_output=True, text=True)
    assert f"host mx.{DOMAIN}" in done.stdout, done.stdout
    with open(out, encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(("totals:", "summary:")))


def main():
    """Measures and prints two tables."""
    lab = Lab(parts=[], table=(simple(DOMAIN),))
    resolver = ScriptedResolver()
    shutil.copyfile("/usr/sbin/exim4", PROFILED)  # valgrind takes no setuid program
    os.chmod(PROFILED, 0o755)
    plain = Exim.trusted_config("bench.conf", configuration(0))
    derived, _ = with_blocks("bench-with.conf", plain)
    before = instructions(plain)
    print(f"| one address routed by a fresh Exim | instructions | ratio |\n| --- | --- | --- |\n| without the blocks | {before:,} | 1 |")
    for mode in ("none", "testing", "enforce"):
        resolver.answers[DOMAIN] = "mode=none source=none" if mode == "none" else policy_line(mode, f"mx.{DOMAIN}")
        spent = instructions(derived)
        print(f"| with them, a policy of mode {mode} | {spent:,} | {spent / before:.2f} |")
    many = Exim.trusted_config("bench-many.conf", configuration(ROUTERS))
    whole, spent = with_blocks("bench-many-with.conf", many)
    print(f"\n| {ROUTERS + 1} routers and transports | seconds |\n| --- | --- |\n| `exim-setup` | {spent:.2f} |")
    begin = time.perf_counter()
    subprocess.run(["mta-sts", "exim-check", "--config", str(whole), "--domain", DOMAIN], check=True, capture_output=True)
    print(f"| `exim-check --domain` | {time.perf_counter() - begin:.2f} |")
    lab.close()


if __name__ == "__main__":
    main()
