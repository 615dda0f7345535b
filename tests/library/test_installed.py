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
