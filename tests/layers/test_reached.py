"""Code that no product contains proves nothing: each function of the libraries is in the command or in a plugin."""
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ["BUILD_DIR"])
PRODUCTS = [BUILD / "bin" / "mta-sts", *sorted((BUILD / "modules").glob("*.so"))]
OTHER_BUILDS = {"debian13"}  # lie in this one's folder, and may be older
LIBRARIES = sorted(path for path in BUILD.glob("**/libmta_sts_*.a") if not OTHER_BUILDS & {*path.relative_to(BUILD).parts})


def symbols(path, kinds):
    """The symbols of these kinds that a file defines."""
    command = ["nm", "-P", "--defined-only", path]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    words = [line.split() for line in output.splitlines()]
    return {word[0].partition("@")[0] for word in words if len(word) > 1 and word[1] in kinds}


def test_every_function_of_the_libraries_is_in_a_product():
    """The linker takes object by object: this finds a source that tests alone use."""
    contained = set().union(*(symbols(path, "TtWw") for path in PRODUCTS))
    assert len(LIBRARIES) > 10
    for library in LIBRARIES:
        unreached = symbols(library, "T") - contained
        assert not unreached, f"{library.name}: in no product, so remove it or call it: {sorted(unreached)}"
