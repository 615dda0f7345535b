"""The layering, executable: who may include, link and call what. common/CMakeLists.txt lists the layers; docs/design.md
section 3 draws them."""
import re

import pytest

from tree import ABOVE, COMMON, ROOT, code_of, includes, layer_of, layers, linked_layers, name_of, sources

LAYERS = layers()

# The headers that a foreign library brings: a layer includes them where it lists the library, and only there.
HEADERS_OF = {
    "OpenSSL::Crypto": r"openssl/(?!ssl\.h)\w+\.h",
    "OpenSSL::SSL": r"openssl/ssl\.h",
    "PkgConfig::CURL": r"curl/curl\.h",
    "PkgConfig::DEFLATE": r"libdeflate\.h",
    "PkgConfig::GMIME": r"gmime/gmime\.h",
    "PkgConfig::HIREDIS": r"hiredis/hiredis\.h",
    "PkgConfig::IDN2": r"idn2\.h",
    "PkgConfig::LIBARCHIVE": r"archive(_entry)?\.h",
    "PkgConfig::LMDB": r"lmdb\.h",
    "PkgConfig::PQ": r"libpq-fe\.h",
    "PkgConfig::RAPIDJSON": r"rapidjson/(reader|stringbuffer|writer)\.h",
    "PkgConfig::SQLITE": r"sqlite3\.h",
    "PkgConfig::UV": r"uv\.h",
    "ZLIB::ZLIB": r"zlib\.h",
    "nlohmann_json::nlohmann_json": r"nlohmann/json\.hpp",
}

# The system's headers that a layer includes.
SYSTEM_HEADERS = {
    "base": ["unistd.h"],
    "file": ["fcntl.h", "sys/file.h", "sys/stat.h", "sys/types.h", "unistd.h"],
    "postgres": ["poll.h", "sys/socket.h"],
    "imap": ["poll.h"],
    "spool": ["dirent.h", "fcntl.h", "sys/stat.h", "unistd.h"],
    "os": ["arpa/inet.h", "fcntl.h", "grp.h", "ifaddrs.h", "netinet/in.h", "poll.h", "sys/mman.h", "sys/socket.h", "sys/syscall.h", "sys/types.h",
           "sys/wait.h", "unistd.h"],
    "verdict": ["fcntl.h", "poll.h", "pwd.h", "sys/socket.h", "sys/stat.h", "sys/un.h", "unistd.h"],
    "sender/dns": ["fcntl.h", "net/if.h", "sys/stat.h", "unistd.h"],
    "sender/fetch": ["sys/socket.h"],
    "sender/store": ["fcntl.h", "sys/stat.h", "sys/types.h", "unistd.h"],
    "store": ["fcntl.h", "sys/mman.h", "sys/stat.h", "unistd.h"],
    "outcome/outbox": ["fcntl.h", "sys/file.h"],
    "probe": ["netinet/in.h", "netinet/tcp.h", "poll.h", "sys/socket.h"],
    "tlsrpt/model": ["arpa/inet.h"],
    "tlsrpt/read": ["sys/stat.h"],
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
    ("common/os/subprocess.cpp", "start a process or thread"): "its job",
    ("common/os/subprocess.cpp", "end the process"): "the child that could not become the program",
}


def own_includes(layer):
    """Pairs of a source of the layer itself and each header that it includes, in the form of includes()."""
    return [(path, *include) for path in sources(f"common/{layer}") if layer_of(path) == layer for include in includes(path)]


def test_every_folder_of_common_is_a_layer():
    assert {layer_of(path) for path in COMMON} == set(LAYERS)


def test_the_list_points_down_only():
    seen = set()
    for name, layer in LAYERS.items():
        assert set(layer.links) <= seen, f"{name} uses a layer that does not stand above it in the list"
        seen.add(name)


@pytest.mark.parametrize("path", COMMON, ids=name_of)
def test_a_source_includes_only_what_its_layer_lists(path):
    name = layer_of(path)
    layer = LAYERS[name]
    foreign = [HEADERS_OF[library] for library in layer.libraries]
    for bracket, header in includes(path):
        if bracket == '"':
            assert "/" in header, f"{header}: write the layer before the file"
            assert header.rpartition("/")[0] in {name, *layer.links}, f'"{header}" is not below {name}'
        elif "." in header or "/" in header:
            assert header in SYSTEM_HEADERS.get(name, []) or any(re.fullmatch(one, header) for one in foreign), \
                f"<{header}> has no place in {name}"


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_uses_all_that_it_lists(name):
    """What nobody needs is not allowed."""
    layer = LAYERS[name]
    own = own_includes(name)
    layers_used = {header.rpartition("/")[0] for _, bracket, header in own if bracket == '"'}
    assert set(layer.links) <= layers_used
    headers = {header for _, bracket, header in own if bracket == "<"}
    for library in layer.libraries:
        assert any(re.fullmatch(HEADERS_OF[library], header) for header in headers), library
    assert set(SYSTEM_HEADERS.get(name, [])) <= headers


def test_every_allowed_system_header_is_of_a_layer():
    assert set(SYSTEM_HEADERS) <= set(LAYERS)


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
    linked = linked_layers(folder)
    below = linked.union(*(LAYERS[name].below for name in linked))
    used = {header.rpartition("/")[0] for path in sources(folder) for bracket, header in includes(path)
            if bracket == '"' and header.rpartition("/")[0] in LAYERS}
    assert used <= below
    assert linked <= used, "a layer is linked that nobody uses"


def test_server_headers_enter_by_one_file_each():
    for folder in ["common", *ABOVE]:
        for path in sources(folder):
            for _, name in includes(path):
                for pattern, file in SERVER_HEADERS.items():
                    if re.fullmatch(pattern, name):
                        assert name_of(path) == file, f"{name_of(path)} includes <{name}>"


def test_every_header_is_included_once():
    for folder in ["common", *ABOVE]:
        for path in sources(folder):
            if path.suffix == ".hpp" and path.name != "pch.hpp":
                assert "#pragma once" in path.read_text(encoding="utf-8"), name_of(path)


def drawn_rows():
    """The rows of the drawing in docs/design.md section 3 from the top; a/{b, c} stands for a/b and a/c."""
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    drawing = re.search(r"## 3\. Layers\n```\n(.*?)```", text, re.DOTALL)[1]
    rows = []
    for line in drawing.splitlines():
        parts = re.findall(r"([\w-]+)(?:/(?:\{([^}]*)\}|([\w-]+)))?", line)
        rows.append([f"{top}/{name}" if name else top for top, many, one in parts for name in (many.split(", ") if many else [one])])
    return rows


def test_the_design_draws_every_layer_above_all_that_it_uses():
    rows = drawn_rows()
    assert sorted(name for row in rows for name in row) == sorted([*LAYERS, *ABOVE])
    for at, row in enumerate(rows):
        below = {name for lower in rows[at + 1:] for name in lower}
        for name in row:
            assert set(linked_layers(name) if name in ABOVE else LAYERS[name].links) <= below, name


def test_the_design_names_files_that_exist():
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z][\w-]*(?:/[\w-]+)+\.[a-z]+)`", text)
    assert len(named) > 20
    assert not [name for name in named if not (ROOT / name).exists()]
