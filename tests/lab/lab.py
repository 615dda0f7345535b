"""Builds the lab out of the table of domains. Runs inside the namespaces of namespace.py."""

import itertools
import os
import socket
import subprocess
from pathlib import Path

from . import domains, exim, mail, namespace, postfix, web
from .certificates import Authorities
from .dns import Dns
from .namespace import STATE, LabError, command
from .processes import sanitizers
from .resolver import Resolver

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("web", "mail", "resolver", "plain-exim", "exim", "postfix", "postfix-13", "acme")
USUAL_PARTS = PARTS[:-3]  # Postfix is another mail server, and the authority one more, for tests of their own

# Addresses that look public, for private ones are refused by the programs under test. They exist in the lab alone.
NAME_SERVER, NGINX, APACHE, SCRIPTED, SENDER = (f"11.22.33.{n}" for n in (1, 2, 3, 4, 5))
_WEB = {"nginx": NGINX, "apache": APACHE, "scripted": SCRIPTED}
_FIRST_MAIL_HOST = 20

_USERS = (("Debian-exim", 901), ("mta-sts", 902))
_POSTFIX_USERS = ((postfix.USER, 903), (postfix.DROP, 904))


class Lab:
    """The running lab.

    build: the build folder whose programs and modules are installed in here.
    parts: which of PARTS to start, beside the name servers that are always there. "web" brings the policy hosts and
    the domains' MTA-STS records, "mail" the mail hosts, "resolver" ours, "exim" the sending Exim with
    our plugin, obeying policies, "plain-exim" one without; "postfix" puts Postfix of Debian 12 into place, which a test
    starts, and "postfix-13" that of Debian 13 in its stead; "acme" puts an ACME authority and client and Debian's layout of
    Apache into place.
    table: the domains that live in here."""

    def __init__(self, build=None, parts=USUAL_PARTS, table=domains.DOMAINS):
        self.build = Path(build or os.environ.get("MTA_STS_BUILD") or REPOSITORY / "build").resolve()
        self.domains = {domain.name: domain for domain in table}
        self._running = []
        self._unpacked = REPOSITORY / "build/lab/root"
        self._unpacked_postfix = REPOSITORY / "build/lab-postfix/root"
        self._unpacked_postfix_13 = REPOSITORY / "build/lab-postfix-13/root"
        self._has_postfix = bool({"postfix", "postfix-13"} & set(parts))
        self._hosts = {name: host for domain in table for name, host in domain.mail.items()}
        numbers = itertools.count(_FIRST_MAIL_HOST)
        self.all_addresses = {name: [f"11.22.33.{next(numbers)}" for _ in (host, *host.also)]
                              for name, host in self._hosts.items()}
        self.addresses = {name: addresses[0] for name, addresses in self.all_addresses.items()}
        self._parts = parts
        self._exim_hosts = {}
        self._prepare()
        self.ca = Authorities()
        self._start_dns()
        if "web" in parts:
            self._start_web()
        if "mail" in parts:
            self._start_mail()
        if "resolver" in parts:
            self.start_resolver()
        if "plain-exim" in parts:
            self.exim_plain = exim.Exim.plain()
        if "exim" in parts:
            self.exim = self._start_exim()

    def received(self, host):
        """The messages that a mail host took, as its own log has them."""
        server = self._exim_hosts.get(host)
        return server.received() if server else self.scripted_mail.received(host)

    def policy(self, domain):
        """The policy bytes that a domain's words mean."""
        words = [self.program("mta-sts"), "render", *domain.words.split()]
        return subprocess.run(words, capture_output=True, check=True).stdout

    def program(self, name):
        """Where a program of ours is installed in the lab."""
        path = Path("/usr/bin") / name
        if not path.exists():
            raise LabError(f"{name} is not built: run `cmake --preset release && cmake --build build` first.")
        return path

    def introduce(self):
        """Prints who lives here, for a person at a prompt."""
        print("The lab is up. Leave the shell to end it; nothing of it will be left.\n")
        print("domain                       policy                                mail host, what it does")
        for domain in self.domains.values():
            for index, (name, host) in enumerate(domain.mail.items()):
                first = (domain.name, domain.words.partition(" max_age")[0] or "none") if index == 0 else ("", "")
                print(f"{first[0]:28} {first[1]:45.45} {name} ({host.certificate} certificate, STARTTLS {host.starttls})")
        print(f"\nlogs   {STATE}/log, {STATE}/mail, /var/log/exim4/mainlog")
        print("try    mta-sts verdict good.example\n"
              "       echo hello | exim4 -odf -v someone@good.example\n"
              "       curl -i https://mta-sts.good.example/.well-known/mta-sts.txt\n"
              "       kdig TXT _mta-sts.good.example\n")

    def close(self):
        """Ends every program, the last started first; LabError when one had ended by itself or did not end."""
        faults = []
        for part in reversed(self._running):
            try:
                part.stop()
            except LabError as error:
                faults.append(str(error))
        if faults:
            raise LabError("\n".join(faults))

    def _prepare(self):
        acme = [REPOSITORY / f"build/{name}/root" for name in ("lab-acme", "lab-apache")] * ("acme" in self._parts)
        unpacked = [self._unpacked_postfix] * ("postfix" in self._parts) + acme + [self._unpacked]
        needed = unpacked + [self._unpacked_postfix_13] * ("postfix-13" in self._parts)
        if not all((folder / "usr").is_dir() for folder in needed):
            raise LabError("The lab's programs are not unpacked yet: run scripts/lab once.")
        namespace.layer("/usr", over=[folder / "usr" for folder in unpacked])
        namespace.layer("/etc", under=[folder / "etc" for folder in [*acme, self._unpacked] if (folder / "etc").is_dir()])
        namespace.layer("/var")
        for folder in ("log", "web", "ca"):
            (STATE / folder).mkdir()
        socket.sethostname(exim.SENDER)
        Path("/etc/hostname").write_text(f"{exim.SENDER}\n")
        Path("/etc/hosts").write_text(f"127.0.0.1 localhost\n{SENDER} {exim.SENDER}\n")
        Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
        for name, number in _USERS + _POSTFIX_USERS * self._has_postfix:
            self._add_user(name, number)
        exim.install(self._unpacked)
        if "postfix" in self._parts:
            self.postfix_place = postfix.install(self._unpacked_postfix)
        elif "postfix-13" in self._parts:
            self.postfix_place = postfix.install_next(self._unpacked_postfix_13)
        self._install_product()
        namespace.add_addresses([NAME_SERVER, NGINX, APACHE, SCRIPTED, SENDER,
                                 *itertools.chain(*self.all_addresses.values())])

    @staticmethod
    def _add_user(name, number):
        for path, line in (("/etc/passwd", f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"),
                           ("/etc/group", f"{name}:x:{number}:\n")):
            text = Path(path).read_text()
            if f"\n{name}:" not in text:
                Path(path).write_text(text + line)

    def _install_product(self):
        """Puts what is built where a package would: modules, the Exim plugin, the command."""
        plugin = self.build / "modules/mta_sts.so"
        if plugin.exists() and sanitizers(plugin):
            # Exim sheds LD_PRELOAD, for it is setuid: a plugin with sanitizers cannot live in it.
            plugin = REPOSITORY / "build/modules/mta_sts.so"
        for source, target in ((self.build / "modules/ngx_http_mta_sts_module.so", web.NGINX_MODULE),
                               (self.build / "modules/mod_mta_sts.so", web.APACHE_MODULE),
                               (plugin, exim.PLUGIN), (self.build / "bin/mta-sts", Path("/usr/bin/mta-sts"))):
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                command("install", "-m", "755", source, target)

    def _start_dns(self):
        root = [f"{exim.SENDER}. A {SENDER}"]
        kinds = {kind: [name for name, domain in self.domains.items() if domain.zone == kind]
                 for kind in ("served", "signed", "bogus", "updated", "broken")}
        zones = {name: self._zone(self.domains[name]) for kind in ("served", "signed", "bogus", "updated") for name in kinds[kind]}
        for name, host in self._hosts.items():
            owner = next((zone for zone in self.domains if f".{name}".endswith(f".{zone}")), None)
            if owner not in kinds["broken"]:
                zones.get(owner, root).extend(self._host_records(name, host))
        self.dns = Dns(NAME_SERVER, root, zones, kinds["broken"], kinds["signed"], kinds["bogus"], kinds["updated"])
        self._running.append(self.dns)

    def _host_records(self, name, host):
        records = []
        for address, one in zip(self.all_addresses[name], (host, *host.also)):
            records.append(f"{name}. A {address}")
            if one.ipv6:
                records.append(f"{name}. AAAA {namespace.ipv6_of(address)}")
        for parameters in filter(None, host.tlsa.split(", ")):
            fitting = self.ca.certificate(name, host.certificate, host.names).tlsa(parameters.removeprefix("wrong "))
            *head, data = fitting.split()
            data = "00" * (len(data) // 2) if parameters.startswith("wrong ") else data
            records.append(f"_25._tcp.{name}. TLSA {' '.join(head)} {data}")
        return records

    def _zone(self, domain):
        lines = [f"{domain.name}. MX {10 * (index + 1)} {host}." for index, host in enumerate(domain.mail)]
        lines += domain.records
        if domain.words and "web" in self._parts:
            for server in domain.web.servers:
                lines.append(f"mta-sts.{domain.name}. A {_WEB[server]}")
                if domain.web.ipv6:
                    lines.append(f"mta-sts.{domain.name}. AAAA {namespace.ipv6_of(_WEB[server])}")
            if domain.txt is None:
                lines.append(self.record(domain))
        lines += [f'_mta-sts.{domain.name}. TXT "{text}"' for text in domain.txt or ()]
        return lines

    def record(self, domain):
        """The zone line that `mta-sts record` makes for a domain's policy."""
        return command(self.program("mta-sts"), "record", domain.name, *domain.words.split()).strip()

    def _start_web(self):
        sites = {server: [] for server in _WEB}
        for domain in self.domains.values():
            made = None
            for server in domain.web.servers if domain.words else ():
                made = made or self.ca.certificate(f"mta-sts.{domain.name}", domain.web.certificate, domain.web.names)
                sites[server].append((domain, made))
        if sites["nginx"]:
            self._running.append(web.start_nginx(NGINX, sites["nginx"]))
        if sites["apache"]:
            self._running.append(web.start_apache(APACHE, sites["apache"]))
        if sites["scripted"]:
            self._running.append(web.start_scripted(SCRIPTED, sites["scripted"], self.policy))

    def _start_mail(self):
        scripted = []
        for name, host in self._hosts.items():
            for address, one in zip(self.all_addresses[name], (host, *host.also)):
                made = self.ca.certificate(name, one.certificate, one.names)
                if one.program == "exim":
                    self._exim_hosts[name] = mail.EximHost(name, address, made)
                    continue
                scripted.append((name, address, one, made))
                if one.ipv6:
                    scripted.append((name, namespace.ipv6_of(address), one, made))
        self.scripted_mail = mail.ScriptedHosts(scripted)
        self._running += [self.scripted_mail, *self._exim_hosts.values()]

    def start_resolver(self):
        """Starts the resolver as its own user, with the sockets that the packages give it."""
        self.program("mta-sts")
        self.resolver = Resolver(postfix=self._has_postfix)
        self._running.append(self.resolver)

    def _start_exim(self):
        self.program("mta-sts")
        if not exim.PLUGIN.exists():
            raise LabError("mta_sts.so is not built: run `cmake --preset release && cmake --build build` first.")
        return exim.Exim.debian("enforce")
