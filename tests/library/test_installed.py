"""The C library as a third user has it: installed, found by pkg-config, and docs/c-library.md's example built with it."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/c-library.md").read_text(encoding="utf-8")
SANITIZE = os.environ.get("SANITIZE")
OPTIONS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", *([f"-fsanitize={SANITIZE}"] if SANITIZE else [])]
LANGUAGES = {"c17": ("CC", ".c"), "c++17": ("CXX", ".cpp")}  # the compiler and how its sources' names end


def output_of(*command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    output_of(os.environ["CMAKE"], "--install", os.environ["BUILD_DIR"], "--component", "library", "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def pkg_config(prefix):
    """What pkg-config answers about the installed library."""
    (place,) = prefix.rglob("mta_sts.pc")
    search = {**os.environ, "PKG_CONFIG_PATH": str(place.parent)}
    return lambda *options: output_of("pkg-config", *options, "mta_sts", env=search).split()


def block(name):
    """The block of the guide behind the mark NAME."""
    (text,) = re.findall(rf"<!-- {name} -->\n```\w*\n(.*?)```", GUIDE, re.DOTALL)
    return text


def compile_text(language, text, folder, *options):
    """Compiles a text in a language, as a file of its own in the folder."""
    compiler, suffix = LANGUAGES[language]
    source = (folder / "example").with_suffix(suffix)
    source.write_text(text, encoding="utf-8")
    output_of(os.environ[compiler], f"-std={language}", *OPTIONS, source, *options)


@pytest.fixture(scope="module", params=LANGUAGES)
def example(request, pkg_config, tmp_path_factory):
    """The guide's example, compiled in a language against the shared library."""
    folder = tmp_path_factory.mktemp("example")
    program = folder / "example"
    compile_text(request.param, block("example"), folder, *pkg_config("--cflags"), "-o", program,
                 *pkg_config("--libs"), f"-Wl,-rpath,{pkg_config('--variable=libdir')[0]}")
    return program


def test_the_example_does_what_the_guide_says(example):
    assert output_of(example) == block("output")


def test_the_example_links_by_soname(example):
    assert "[libmta_sts.so.0]" in output_of("readelf", "-d", example)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_stands_alone(language, pkg_config, tmp_path):
    compile_text(language, "#include <mta_sts.h>\n", tmp_path, *pkg_config("--cflags"), "-c", "-o", os.devnull)


def test_the_archive_is_whole(pkg_config, tmp_path):
    """A static program needs nothing of ours but the archive."""
    archive = pathlib.Path(pkg_config("--variable=libdir")[0]) / "libmta_sts.a"
    others = [word for word in pkg_config("--static", "--libs") if word != "-lmta_sts"]
    compile_text("c17", block("example"), tmp_path, *pkg_config("--cflags"), archive, "-o", tmp_path / "example", *others)
    assert output_of(tmp_path / "example") == block("output")


PROJECT = """cmake_minimum_required(VERSION 3.25)
project(example C CXX)
find_package(mta_sts VERSION REQUIRED)
foreach(kind IN ITEMS mta_sts mta_sts_static)
  add_executable(with_${kind} example.c)
  target_link_libraries(with_${kind} PRIVATE mta_sts::${kind})
endforeach()
"""


def test_cmake_finds_it(prefix, pkg_config, tmp_path):
    """find_package of this version, the example with the shared library and with the archive; no other version is found."""
    version = pkg_config("--modversion")[0]
    (tmp_path / "example.c").write_text(block("example"), encoding="utf-8")
    options = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={os.environ['CC']}", f"-DCMAKE_CXX_COMPILER={os.environ['CXX']}",
               *([f"-DCMAKE_{language}_FLAGS=-fsanitize={SANITIZE}" for language in ("C", "CXX")] if SANITIZE else [])]  # fmt: skip
    (tmp_path / "CMakeLists.txt").write_text(PROJECT.replace("VERSION R", f"{version} R"), encoding="utf-8")
    output_of(os.environ["CMAKE"], "-S", tmp_path, "-B", tmp_path / "build", *options)
    output_of(os.environ["CMAKE"], "--build", tmp_path / "build")
    for kind in ("mta_sts", "mta_sts_static"):
        assert output_of(tmp_path / "build" / f"with_{kind}") == block("output")
    (tmp_path / "CMakeLists.txt").write_text(PROJECT.replace("VERSION R", "99 R"), encoding="utf-8")
    done = subprocess.run([os.environ["CMAKE"], "-S", tmp_path, "-B", tmp_path / "other", *options], capture_output=True, text=True,
                          check=False)
    assert done.returncode != 0 and f"version: {version}" in done.stderr


def test_the_header_has_the_version(pkg_config, tmp_path):
    version = pkg_config("--modversion")[0]
    number = sum(int(part) * weight for part, weight in zip(version.split("."), (10000, 100, 1)))
    program = tmp_path / "version"
    compile_text("c17", "#include <mta_sts.h>\n#include <stdio.h>\n"
                 'int main(void) { printf("%s %d\\n", MTA_STS_VERSION, MTA_STS_VERSION_NUMBER); return 0; }\n',
                 tmp_path, *pkg_config("--cflags"), "-o", program)
    assert output_of(program) == f"{version} {number}\n"


NO_MEMORY = """
import ctypes, resource, sys
library = ctypes.CDLL(sys.argv[1])
class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]
words = (Text * 65536)(*[Text(b"none", 4)] * 65536)
error = (ctypes.c_char_p * 1024)()
library.mta_sts_directive_parse.restype = ctypes.c_void_p
def parse():
    assert library.mta_sts_directive_parse(words, ctypes.c_size_t(65536), error) is None
    return error[0].decode()
print(parse())
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used, used))
print(parse())
"""


@pytest.mark.skipif(bool(SANITIZE), reason="a sanitizer needs its memory")
def test_no_exception_leaves_the_library(prefix):
    """The list of 65536 words takes a mebibyte, and there is none."""
    (library,) = prefix.rglob("libmta_sts.so.0")
    assert output_of("/usr/bin/python3", "-c", NO_MEMORY, library) == "repeated-word\ninternal-error\n"


def test_the_guide_names_every_function():
    header = (ROOT / "c-library/mta_sts.h").read_text(encoding="utf-8")
    functions = set(re.findall(r"\b(mta_sts_\w+)\([^;{]*\)\s+MTA_STS_NOEXCEPT;", header))
    assert functions - set(re.findall(r"\bmta_sts_\w+", GUIDE)) == set()
