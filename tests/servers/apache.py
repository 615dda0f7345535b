"""Apache httpd as a Server."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from server import BUILD, Server

# Of another httpd, where scripts/compat names one.
MODULES = Path(os.environ.get("MTA_STS_HTTPD_MODULES", "/usr/lib/apache2/modules"))

LOG_FORMATS = {
    "id": "%{mta_sts_id}n",
    "mode": "%{mta_sts_mode}n",
    "domain": "%{mta_sts_domain}n",
    "status": "%>s",
    "address": "%a",
}


class Apache(Server):
    kind = "apache"
    program = Path(os.environ.get("MTA_STS_HTTPD", "/usr/sbin/apache2"))
    modules_folder = MODULES  # of httpd's own modules
    module = Path(os.environ.get("MTA_STS_HTTPD_MODULE", BUILD / "modules" / "mod_mta_sts.so"))
    # What httpd logs while it reads its configuration has no level. AH10244 is its word for a client's bad path,
    # AH01882 for a host whose OpenSSL is some patches older than the one that mod_ssl was built with. AH00468 and a failed
    # apr_pollset_add are what the event MPM says where it is stopped at once while connections linger.
    quiet = " AH10244: | AH01882: | AH00468: |: apr_pollset_add failure"
    trouble = re.compile(r"\[\w+:(warn|error|crit|alert|emerg)\](?!.*(?:" + quiet + "))|AH00526|^MtaSts: ")

    mpm = "event"
    load_module = True
    modules = ("alias", "authz_core", "deflate", "filter", "headers", "mime")

    def __init__(self, site, certificate=None):
        super().__init__(site, certificate)
        self.reserved = []

    @property
    def stop_signal(self):
        # At once, but where a test reads the access log: the last request may have been answered but not logged.
        return signal.SIGWINCH if "CustomLog" in self.config_path().read_text() else signal.SIGTERM

    def reserve(self) -> int:
        """Takes a port and keeps it bound, not listening: httpd may listen there, and nobody is given it."""
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        self.reserved.append(holder)
        return holder.getsockname()[1]

    def release(self):
        for holder in self.reserved:
            holder.close()
        self.reserved = []

    def configure(self) -> str:
        if not self.port:
            self.port = self.reserve()
            if self.site.tls:
                self.tls_port = self.reserve()
        return "\n".join(self.main_lines() + self.site_lines(self.port, []) + self.tls_site_lines()) + "\n"

    def main_lines(self) -> list:
        site = self.site
        names = [f"mpm_{self.mpm}", *self.modules, *(("ssl", "socache_shmcb", "http2") if site.tls else ())]
        lines = [
            f"ServerRoot {self.folder}",
            "ServerName localhost",
            f"DefaultRuntimeDir {self.folder}",
            f"PidFile {self.folder}/pid",
            f"ErrorLog {self.error_log_path()}",
            "LogLevel info",
            "Mutex posixsem",
            f"Listen 127.0.0.1:{self.port}",
            *([f"Listen 127.0.0.1:{self.tls_port}"] if site.tls else []),
            *(f"LoadModule {name}_module {self.modules_folder}/mod_{name}.so" for name in names),
            *([f"LoadModule mta_sts_module {self.module}"] if self.load_module else []),
            *(["User www-data", "Group www-data"] if os.getuid() == 0 else []),
            "TypesConfig /dev/null",
            "AddType text/html .html",
            "AddType text/plain .txt",
            "StartServers 1",
            "MinSpareServers 1" if self.mpm == "prefork" else "MinSpareThreads 1",
            f"MaxKeepAliveRequests {site.keepalive_requests}",
            f"DocumentRoot {self.root}",
        ]
        if site.tls:
            lines += [f"SSLSessionCache shmcb:{self.folder}/tls(65536)"]
        if site.log_format:
            # httpd quotes what would end the string, as JSON does.
            fields = ",".join(f'\\"{name}\\":\\"{LOG_FORMATS[name]}\\"' for name in site.log_format.split())
            lines += [f'LogFormat "{{{fields}}}" case', f"CustomLog {self.access_log_path()} case"]
        if site.policy_above:
            lines += [f"MtaSts {self.words(site.policy_above)}"]
        return [*lines, site.above]

    def site_lines(self, port: int, more: list) -> list:
        site = self.site
        lines = [f"<VirtualHost 127.0.0.1:{port}>", *more]
        if site.policy:
            lines += [f"MtaSts {self.words(site.policy)}"]
        if site.redirect:
            lines += [f"Redirect permanent / {site.redirect}/"]
        if site.deny:
            lines += ["<Location />", "Require all denied", "</Location>"]
        if site.compress:
            lines += ["SetOutputFilter DEFLATE", "AddOutputFilterByType DEFLATE text/plain"]
        if site.error_page_405:
            lines += ["ErrorDocument 405 /405.html"]
        lines += [f'Header always set {name} "{value}"' for name, value in site.headers.items()]
        return [*lines, site.inside, "</VirtualHost>"]

    def tls_site_lines(self) -> list:
        if not self.site.tls:
            return []
        return self.site_lines(
            self.tls_port,
            [
                "ServerName mta-sts.example.com",
                "SSLEngine on",
                f"SSLCertificateFile {self.certificate.chain}",
                f"SSLCertificateKeyFile {self.certificate.key}",
                "Protocols h2 http/1.1",
            ],
        )

    def command(self, *more):
        return [self.program, "-d", self.folder, "-f", self.config_path(), "-DFOREGROUND", *more]

    def is_ready(self) -> bool:
        # Written once the configuration is taken and the sockets listen; the first worker follows.
        pid = self.folder / "pid"
        return pid.exists() and pid.read_text().strip() == str(self.process.pid) and bool(self.workers())

    def workers(self) -> list:
        return [pid for pid in self.processes() if pid != self.process.pid]

    def reload(self):
        old = set(self.workers())
        self.config_path().write_text(self.configure())
        self.process.send_signal(signal.SIGUSR1)
        self.wait_until(lambda: not old & set(self.workers()) and self.workers(), "the old workers to leave")

    @classmethod
    def check(cls, config, folder, *more):
        return subprocess.run(
            [cls.program, "-t", "-d", folder, "-f", config],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            env=cls.environment(),
            timeout=60,
        )


def missing() -> str:
    """Says what this machine lacks to run httpd with the module; empty where nothing does."""
    for needed in (Apache.program, Apache.module):
        if not Path(needed).exists():
            return f"{needed} is not there"
    return "" if shutil.which("setpriv") else "setpriv is not there"
