"""nginx as a Server."""

import functools
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from server import BUILD, Server

LOG_VARIABLES = {
    "id": "$mta_sts_id",
    "mode": "$mta_sts_mode",
    "domain": "$mta_sts_domain",
    "status": "$status",
    "address": "$remote_addr",
}


@functools.cache
def build_of_nginx() -> str:
    """What `nginx -V` says: the version, and the options that it was configured with."""
    return subprocess.run([Nginx.program, "-V"], capture_output=True, text=True, check=True).stderr


@functools.cache
def has_http2_directive() -> bool:
    """From 1.25.1 on nginx has `http2 on;` and warns of the word in `listen`."""
    said = build_of_nginx()
    return tuple(map(int, re.search(r"nginx/([\d.]+)", said)[1].split("."))) >= (1, 25, 1)


class Nginx(Server):
    kind = "nginx"
    # Another nginx, and the module for it, where scripts/compat names them; no module: it is linked into the program.
    program = Path(os.environ.get("MTA_STS_NGINX", "/usr/sbin/nginx"))
    module = Path(os.environ.get("MTA_STS_NGINX_MODULE", BUILD / "modules" / "ngx_http_mta_sts_module.so") or program)
    trouble = re.compile(r"\[(warn|error|crit|alert|emerg)\]")
    stop_signal = signal.SIGQUIT

    worker_processes = 1
    master = True
    load_module = module != program
    user = "www-data"  # of the workers, when the tests run as root

    def __init__(self, site, certificate=None):
        super().__init__(site, certificate)
        self.listeners = []

    def listen(self) -> int:
        """Listens here already: nginx inherits the socket, and no other program can take the port."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(511)
        listener.setblocking(False)  # as nginx's own: a worker whose connection another one took must not wait for the next
        self.listeners.append(listener)
        return listener.getsockname()[1]

    def release(self):
        for listener in self.listeners:
            listener.close()
        self.listeners = []

    def configure(self) -> str:
        if not self.port:
            self.port = self.listen()
            if self.site.tls:
                self.tls_port = self.listen()
        return self.main_lines() + self.http_lines()

    def main_lines(self) -> str:
        lines = []
        if self.load_module:
            lines.append(f"load_module {self.module};")
        if os.getuid() == 0:
            lines.append(f"user {self.user};")
        lines += [
            "daemon off;",
            f"worker_processes {self.worker_processes};",
            f"master_process {'on' if self.master else 'off'};",
            f"pid {self.folder}/pid;",
            f"error_log {self.error_log_path()} info;",
            "events { worker_connections 256; }",
        ]
        return "\n".join(lines) + "\n"

    def http_lines(self) -> str:
        site = self.site
        lines = [f"  {name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi")]
        lines += [f"  {name}_temp_path {self.folder}/{name};" for name in ("uwsgi", "scgi")]
        lines += ["  include /etc/nginx/mime.types;", "  default_type application/json;"]
        if site.log_format:
            names = ",".join(f'"{name}":"{LOG_VARIABLES[name]}"' for name in site.log_format.split())
            lines += [f"  log_format case escape=json '{{{names}}}';"]
            lines += [f"  access_log {self.access_log_path()} case;"]
        else:
            lines += ["  access_log off;"]
        if site.policy_above:
            lines += [f"  mta_sts {self.words(site.policy_above)};"]
        lines += [site.above, "  server {", *self.server_lines(), site.inside, "  }", "}"]
        return "http {\n" + "\n".join(lines) + "\n"

    def server_lines(self) -> list:
        site = self.site
        lines = [f"    listen 127.0.0.1:{self.port};", f"    root {self.root};"]
        lines += [f"    keepalive_requests {site.keepalive_requests};"]
        if site.tls:
            lines += [
                f"    listen 127.0.0.1:{self.tls_port} ssl{'' if has_http2_directive() else ' http2'};",
                "    http2 on;" if has_http2_directive() else "",
                f"    ssl_certificate {self.certificate.chain};",
                f"    ssl_certificate_key {self.certificate.key};",
            ]
        if site.policy:
            lines += [f"    mta_sts {self.words(site.policy)};"]
        if site.redirect:
            lines += [f"    return 301 {site.redirect}$request_uri;"]
        if site.deny:
            lines += ["    deny all;"]
        if site.compress:
            lines += ["    gzip on;", "    gzip_types text/plain;", "    gzip_min_length 1;"]
        if site.error_page_405:
            lines += ["    error_page 405 /405.html;"]
        lines += [f'    add_header {name} "{value}" always;' for name, value in site.headers.items()]
        return lines

    def command(self, *more):
        return [self.program, "-p", self.folder, "-c", self.config_path(), "-e", self.error_log_path(), *more]

    def start_process(self):
        if not self.master:
            self.release()  # one process alone crashes on inherited sockets (nginx 1.22)
        inherited = [listener.fileno() for listener in self.listeners]
        sockets = "".join(f"{number};" for number in inherited)
        environment = {**self.environment(), "NGINX": sockets, "ANGIE": sockets}
        return self.spawn(self.command(), pass_fds=inherited, env=environment)

    def is_ready(self) -> bool:
        # The sockets listen since before the start. The file says that the configuration was taken; the workers come
        # after it, and a reload must not find the time between.
        pid = self.folder / "pid"
        taken = pid.exists() and pid.read_text().strip() == str(self.process.pid)
        return taken and (not self.master or bool(self.workers()))

    def workers(self) -> list:
        master = self.process.pid
        return list(map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split()))

    def reload(self):
        old = set(self.workers())
        self.config_path().write_text(self.configure())
        self.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: not old & set(self.workers()) and self.workers(), "the old workers to leave")

    @classmethod
    def check(cls, config, folder, *more):
        return subprocess.run(
            [cls.program, "-t", "-p", folder, "-c", config, "-e", folder / "error.log", *more],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            env=cls.environment(),
            timeout=60,
        )

