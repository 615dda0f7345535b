"""What the built plugins and the C library export and link: their users find what they look for, and nothing else gets in."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from tree import ROOT

PLUGINS = {path.name: path for path in map(pathlib.Path, os.environ["PLUGINS"].split(","))}  # that this build makes

DECLARED = re.findall(r"\b(mta_sts_\w+)\([^;{]*\)\s+MTA_STS_NOEXCEPT;", (ROOT / "c-library/mta_sts.h").read_text(encoding="utf-8"))

EXPORTS = {
    "ngx_http_mta_sts_module.so": {"ngx_modules", "ngx_module_names", "ngx_module_order", "ngx_http_mta_sts_module"},
    "mod_mta_sts.so": {"mta_sts_module"},
    "mta_sts.so": {"mta_sts_verdict", "mta_sts_cert", "mta_sts_event"},
    "libmta_sts.so.0": set(DECLARED),
}

LIBC = r"linux-vdso\.so\.1|libc\.so\.6|libm\.so\.6|(/lib64/)?ld-linux[\w-]*\.so\.\d"
WEB = LIBC + r"|libcrypto\.so\.3|libidn2\.so\.0|libunistring\.so\.[25]|libstdc\+\+\.so\.6|libgcc_s\.so\.1"
WEB += r"|libz\.so\.1|libzstd\.so\.1"  # what Debian 13's libcrypto links in its turn
SERVER = WEB + r"|liblmdb\.so\.0|libpthread\.so\.0"  # the store; LMDB links the latter
LIBRARIES = {
    "ngx_http_mta_sts_module.so": SERVER,  # no DNS, no libcurl: a web module fetches nothing
    "mod_mta_sts.so": SERVER,
    "mta_sts.so": LIBC,  # Exim's routing process is root
    "libmta_sts.so.0": WEB,
}

# The oldest C library that a module must load on, where it has one: Exim hosts live long.
OLDEST_GLIBC = {"mta_sts.so": (2, 28)}

SANITIZED = bool(os.environ.get("SANITIZE"))


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_the_plugins_of_this_build_are_those_that_are_looked_at():
    assert PLUGINS.keys() == EXPORTS.keys() == LIBRARIES.keys()


@pytest.mark.parametrize("name", EXPORTS)
def test_a_plugin_exports_what_its_host_needs_and_nothing_else(name):
    symbols = {line.split()[-1] for line in output_of("nm", "-D", "--defined-only", PLUGINS[name]).splitlines()}
    assert symbols == EXPORTS[name]


def test_every_function_of_the_c_header_is_declared_alike():
    """One without MTA_STS_API and MTA_STS_NOEXCEPT would be hidden, or could throw into C."""
    text = (ROOT / "c-library/mta_sts.h").read_text(encoding="utf-8")
    assert len(DECLARED) == len(set(DECLARED)) == len(re.findall(r"(?m)^MTA_STS_API ", text)) > 10


@pytest.mark.parametrize("name", EXPORTS)
def test_a_plugin_has_no_unique_symbols(name):
    """One GNU_UNIQUE symbol marks the object as never to be unloaded, and a reload would keep the old code."""
    assert " u " not in output_of("nm", "-D", PLUGINS[name])


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.skipif(SANITIZED, reason="a sanitizer's library is linked in")
def test_a_plugin_links_its_own_libraries_alone(name):
    for line in output_of("ldd", PLUGINS[name]).splitlines():
        library = line.split()[0]
        assert re.fullmatch(LIBRARIES[name], library), line


@pytest.mark.parametrize("name", EXPORTS)
def test_a_plugin_binds_at_load_and_its_tables_are_read_only_then(name):
    dynamic = output_of("readelf", "-d", PLUGINS[name])
    assert re.search(r"\(FLAGS\) .*\bBIND_NOW\b|\(FLAGS_1\) .*\bNOW\b", dynamic), dynamic
    assert "GNU_RELRO" in output_of("readelf", "-lW", PLUGINS[name])


@pytest.mark.parametrize("name", OLDEST_GLIBC)
@pytest.mark.skipif(SANITIZED, reason="a sanitizer's library asks for what it likes")
def test_a_plugin_needs_no_newer_c_library_than_its_hosts_have(name):
    versions = re.findall(r"\((?:GLIBC_)([\d.]+)\)\s+(\S+)$", output_of("objdump", "-T", PLUGINS[name]), re.M)
    assert versions
    newer = [(version, symbol) for version, symbol in versions
             if tuple(map(int, version.split("."))) > OLDEST_GLIBC[name]]
    assert not newer


NO_MEMORY = """
import ctypes, resource, sys
plugin = ctypes.CDLL(sys.argv[1])
words = [b"mx.a.example", b"a.example\\n" * 1_000_000]
argv = (ctypes.c_char_p * 3)(*words, None)
answer = ctypes.c_char_p()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 4_000_000, used + 4_000_000))
status = plugin.mta_sts_cert(ctypes.byref(answer), 2, argv)
print(status, answer.value.decode())
"""


@pytest.mark.skipif(SANITIZED, reason="needs the plugin as it is shipped")
def test_the_exim_plugin_catches_its_own_exceptions():
    """Exceptions end in the plugin, whose unwinder works with what older_libc.cpp gives it."""
    assert output_of(sys.executable, "-c", NO_MEMORY, PLUGINS["mta_sts.so"]) == "0 MTA-STS internal-error: see the host's memory\n"
