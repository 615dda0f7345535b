"""The layering, executable: who may include, link and call what. docs/design.md section 3 draws it."""
import re

import pytest

from tree import ROOT, code_of, includes, name_of, sources

# Every layer of common/, and the layers below it that it may use. An arrow points down only: a layer stands
# behind all that it uses.
BELOW = {
    "base": [],
    "file": ["base"],
    "idna": ["base"],
    "html": ["base"],
    "policy": ["base"],
    "publish": ["base", "idna", "policy"],
    "verdict": ["base", "policy"],
    "eximconf": ["base"],
    "check": ["base", "html", "idna", "policy"],
    "tlsrpt": ["base", "html", "idna", "policy"],
    "sender": ["base", "idna", "policy", "verdict"],
    "probe": ["base", "policy", "publish", "check", "sender"],
}

# What stands above common/, and the layers that each may use.
ABOVE = {
    "nginx-module": ["base", "file", "policy", "publish"],
    "apache-module": ["base", "file", "policy", "publish"],
    "exim-dlfunc": ["base", "policy", "verdict"],
    "resolver": ["base", "file", "idna", "policy", "verdict", "sender", "tlsrpt"],
    "cli": list(BELOW),
}

# The foreign headers of each layer, beside the standard library: the only place where a library comes in.
SOCKETS = r"(poll|unistd|pwd|fcntl)\.h|sys/[a-z]+\.h"
FOREIGN = {
    "base": None,
    "file": r"(unistd|fcntl)\.h|sys/[a-z]+\.h",
    "idna": r"idn2\.h",
    "html": None,
    "policy": None,
    "publish": r"openssl/\w+\.h",
    "verdict": SOCKETS,
    "check": r"nlohmann/json\.hpp",
    "probe": r"curl/curl\.h|openssl/\w+\.h|uv\.h|arpa/\w+\.h|netinet/(in|tcp)\.h|" + SOCKETS,
    "tlsrpt": r"gmime/gmime\.h|zlib\.h|archive(_entry)?\.h|sqlite3\.h|nlohmann/json\.hpp|arpa/inet\.h|" + SOCKETS,
    "sender": r"curl/curl\.h|openssl/\w+\.h|sqlite3\.h|uv\.h|arpa/\w+\.h|net(inet/in|db|/if)\.h|" + SOCKETS,
}

# The headers of each server, and the one file that may include them.
SERVER_HEADERS = {
    r"ngx_\w+\.h|nginx\.h": "nginx-module/ngx.hpp",
    r"httpd\.h|http_\w+\.h|ap_\w+\.h|apr\w*\.h|util_\w+\.h|mod_\w+\.h": "apache-module/httpd.hpp",
    r"local_scan\.h|exim\.h|dlfunc\.h": "exim-dlfunc/exim.hpp",
}

# What common/ never does: it is handed what it needs.
FORBIDDEN_HEADERS = {"iostream", "regex", "cctype", "ctype.h", "locale", "locale.h", "clocale", "thread", "future",
                     "syslog.h", "time.h", "ctime"}
FORBIDDEN_CALLS = {
    "print": r"\b(std::)?(printf|vprintf|puts|putchar|perror|syslog|fprintf|fputs)\s*\(|\bstd::(cout|cerr|clog)\b",
    "end the process": r"\b(std::)?(exit|_exit|_Exit|quick_exit|abort|terminate|atexit)\s*\(",
    "start a process or thread": r"\b(fork|vfork|execv\w*|execl\w*|system|popen|pthread_create|posix_spawn\w*)\s*\("
                                 r"|\bstd::(thread|jthread|async)\b",
    "read the environment": r"\b(getenv|secure_getenv|setlocale)\s*\(|\benviron\b",
    "read a clock": r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b"
                    r"|\b(gettimeofday|clock_gettime|localtime\w*|mktime)\s*\(|\btime\s*\(\s*(nullptr|NULL|0|&)",
    "use locale or loose numbers": r"\b(std::)?(isalpha|isdigit|isalnum|isspace|isupper|islower|tolower|toupper|atoi|"
                                   r"atol|atoll|strtol|strtoul|strtoll|strtoull|stoi|stol|stoul|stoull|sscanf)\s*\(",
}

# Allowed all the same, each with its reason.
EXCEPTIONS = {
    ("common/base/clock.hpp", "read a clock"): "the clock that programs hand in",
    ("common/base/deadline.hpp", "read a clock"): "how long a blocking call may still take, not the time of day",
    ("common/verdict/resolver_client.cpp", "read a clock"): "a blocking call's own deadline, not the time of day",
}

COMMON = [path for layer in BELOW for path in sources(f"common/{layer}")]


def test_every_layer_stands_in_the_list():
    found = {path.name for path in (ROOT / "common").iterdir() if path.is_dir()}
    assert found == {layer for layer in BELOW if (ROOT / "common" / layer).is_dir()}, "add the layer to BELOW"


def test_the_list_points_down_only():
    seen = set()
    for layer, below in BELOW.items():
        assert set(below) <= seen, f"{layer} uses a layer that does not stand above it in the list"
        seen.add(layer)


@pytest.mark.parametrize("path", COMMON, ids=name_of)
def test_a_layer_includes_only_what_is_below(path):
    layer = path.relative_to(ROOT / "common").parts[0]
    for bracket, name in includes(path):
        if bracket == '"':
            target = name.split("/")[0]
            assert "/" in name, f"{name}: write the layer before the file"
            assert target in {layer, *BELOW[layer]}, f'"{name}" is not below {layer}'
        elif "." in name or "/" in name:
            assert FOREIGN[layer] and re.fullmatch(FOREIGN[layer], name), f"<{name}> has no place in {layer}"


@pytest.mark.parametrize("path", COMMON, ids=name_of)
def test_common_includes_no_forbidden_header(path):
    assert not {name for _, name in includes(path)} & FORBIDDEN_HEADERS


@pytest.mark.parametrize("path", COMMON, ids=name_of)
def test_common_is_handed_what_it_needs(path):
    code = code_of(path.read_text(encoding="utf-8"))
    for what, pattern in FORBIDDEN_CALLS.items():
        if (name_of(path), what) not in EXCEPTIONS:
            found = re.search(pattern, code)
            assert not found, f"it must not {what}: {found.group()}"


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda pair: pair[0])
def test_an_exception_is_still_needed(exception):
    name, what = exception
    assert re.search(FORBIDDEN_CALLS[what], code_of((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("folder", ABOVE)
def test_what_stands_above_uses_its_layers_alone(folder):
    for path in sources(folder):
        for bracket, name in includes(path):
            layer = name.split("/")[0]
            if bracket == '"' and layer in BELOW:
                assert layer in ABOVE[folder], f'{name_of(path)}: "{name}"'


def test_server_headers_enter_by_one_file_each():
    for folder in ["common", *ABOVE]:
        for path in sources(folder):
            for _, name in includes(path):
                for pattern, door in SERVER_HEADERS.items():
                    if re.fullmatch(pattern, name):
                        assert name_of(path) == door, f"{name_of(path)} includes <{name}>"


def test_every_header_is_included_once():
    for folder in ["common", *ABOVE]:
        for path in sources(folder):
            if path.suffix == ".hpp" and path.name != "pch.hpp":
                assert "#pragma once" in path.read_text(encoding="utf-8"), name_of(path)


def test_cmake_links_only_downwards():
    layers = {}
    for listing in [ROOT / "CMakeLists.txt", *(ROOT / "common").rglob("CMakeLists.txt")]:
        for body in re.findall(r"mta_sts_layer\(([^)]*)\)", listing.read_text(encoding="utf-8")):
            words = body.split()
            links = words[words.index("LINKS") + 1:] if "LINKS" in words else []
            links = links[:links.index("PRIVATE_LINKS")] if "PRIVATE_LINKS" in links else links
            layers[words[0]] = links
    assert set(layers) <= set(BELOW)
    for layer, links in layers.items():
        assert set(links) <= set(BELOW[layer]), layer
