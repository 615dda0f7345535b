"""docs/store.md, run as it stands with either web server on a host of its own."""

import re
from pathlib import Path

import guide_host
import test_apache_guide
import test_nginx_guide
from expected import PATH

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "store.md"
BLOCKS = dict(re.findall(r"<!-- block: (\w+) -->\n```\w*\n(.*?)```", GUIDE.read_text(), re.S))
FETCH = f"curl -i https://{guide_host.NAME}{PATH}\n"
STORE = 'export PATH="$WORK/build/bin:$PATH"\n' + "".join(BLOCKS[name] for name in ("make", "profile", "import"))


def follow(tmp_path, server: str, site: str, installed: str, taken: str, over: Path = Path("/nonexistent")):
    """Follows the guide with this server: `installed` installs and starts it, `taken` makes it take the file `site`."""
    (tmp_path / "domains.csv").write_text(BLOCKS["list"])
    (tmp_path / "site.conf").write_text(BLOCKS[server])
    printed = guide_host.run_on_a_host(
        tmp_path, STORE + installed + f"cp site.conf {site}\n" + taken
        + f"until {FETCH.strip()} | grep version; do sleep 0.1; done >/dev/null\n"
        + "echo == before\n" + FETCH + "echo == changed\n" + BLOCKS["change"] + "echo == after\n" + FETCH, over=over,
    )  # fmt: skip
    made, before, changed, after = re.split("== (?:before|changed|after)\n", printed)
    for domain in ("example.com", "example.net", "example.org", "example.edu"):
        assert domain in made
    assert " 200" in before.splitlines()[0] and "mode: testing" in before and "mx: mail.example.com" in before
    assert " 200" in after.splitlines()[0] and "mode: enforce" in after and "max_age: 2419200" in after
    body = re.search(r"version: STSv1\n.*", changed, re.S)[0].strip()
    assert body in after


@guide_host.needed
def test_with_nginx(tmp_path):
    guide = test_nginx_guide
    installed = guide.AS_INSTALLED + guide.COMMANDS["install"]
    follow(tmp_path, "nginx", "/etc/nginx/sites-enabled/mta-sts", installed, "nginx -s reload\n")


@guide_host.needed
def test_with_apache(tmp_path):
    guide = test_apache_guide
    assert (guide.PACKAGE / "usr" / "sbin" / "a2enmod").exists(), "scripts/test unpacks the package apache2 there"
    installed = guide.AS_INSTALLED + guide.COMMANDS["install"] + "a2enmod --quiet ssl\n"
    taken = "a2ensite --quiet mta-sts\napachectl graceful\n"
    follow(tmp_path, "apache", "/etc/apache2/sites-available/mta-sts.conf", installed, taken, over=guide.PACKAGE)


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"make", "profile", "list", "import", "nginx", "apache", "change"}
