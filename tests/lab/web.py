"""The policy hosts on port 443: nginx and Apache with our modules, and a scripted one for wrong answers."""

import json
from pathlib import Path

from .namespace import STATE, LabError, command, ipv6_of
from .processes import Program, accepts, hosting, start_script

FOLDER = STATE / "web"
NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_http_mta_sts_module.so")
APACHE_MODULE = Path("/usr/lib/apache2/modules/mod_mta_sts.so")

_NGINX = """
user www-data;
load_module {module};
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {log}/nginx.error.log info;
events {{ worker_connections 256; }}
http {{
  access_log {log}/nginx.access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{servers}
}}
"""
_NGINX_SERVER = """
  server {{
    listen {address}:443 ssl;
    listen [{ipv6}]:443 ssl;
    server_name mta-sts.{name};
    ssl_certificate {chain};
    ssl_certificate_key {key};
    mta_sts {words};
    {rest}
  }}
"""
_APACHE = """
ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
Mutex posixsem
ErrorLog {log}/apache.error.log
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule mta_sts_module {module}
SSLSessionCache shmcb:{folder}/sessions
StartServers 1
Listen {address}:443
Listen [{ipv6}]:443
{servers}
"""
_APACHE_SERVER = """
<VirtualHost {address}:443 [{ipv6}]:443>
  ServerName mta-sts.{name}
  SSLEngine on
  SSLCertificateFile {chain}
  SSLCertificateKeyFile {key}
  MtaSts {words}
  {reports}
  RedirectMatch permanent ^/(?!tlsrpt$) https://www.{name}/
</VirtualHost>
"""


def spool_of(domain):
    """The folder into which the policy host of a domain puts TLS reports."""
    return FOLDER / f"reports-{domain}"


def _make_spools(sites):
    for domain, _ in sites:
        if domain.web.reports:
            command("install", "-d", "-o", "www-data", "-m", "750", spool_of(domain.name))


def _rest_of(domain):
    """What nginx does with other paths: a redirect for all of the server, or for what is not for reports."""
    redirect = f"return 301 https://www.{domain.name}$request_uri;"
    if not domain.web.reports:
        return redirect
    return f"location = /tlsrpt {{ mta_sts_reports {spool_of(domain.name)}; }} location / {{ {redirect} }}"


def _need(module):
    if not module.exists():
        raise LabError(f"{module.name} is not built: run `cmake --preset release && cmake --build build` first.")


def start_nginx(address, sites):
    """Runs nginx for sites, a list of (Domain, Certificate)."""
    _need(NGINX_MODULE)
    _make_spools(sites)
    servers = "".join(_NGINX_SERVER.format(
        address=address, ipv6=ipv6_of(address), name=domain.name, words=domain.words, chain=made.chain, key=made.key,
        rest=_rest_of(domain)) for domain, made in sites)
    config = FOLDER / "nginx.conf"
    config.write_text(_NGINX.format(module=NGINX_MODULE, folder=FOLDER, log=STATE / "log", servers=servers))
    errors = STATE / "log" / "nginx.error.log"
    environment = hosting(NGINX_MODULE)
    command("nginx", "-t", "-q", "-c", config, "-e", errors, env=environment)
    return Program("nginx", ["nginx", "-c", config, "-e", errors], lambda: accepts(address, 443), env=environment)


def start_apache(address, sites):
    """Runs Apache for sites, a list of (Domain, Certificate)."""
    _need(APACHE_MODULE)
    _make_spools(sites)
    servers = "".join(_APACHE_SERVER.format(
        address=address, ipv6=ipv6_of(address), name=domain.name, words=domain.words, chain=made.chain, key=made.key,
        reports=f"<Location /tlsrpt>\n    MtaStsReports {spool_of(domain.name)}\n  </Location>" * domain.web.reports)
        for domain, made in sites)
    config = FOLDER / "apache.conf"
    config.write_text(_APACHE.format(module=APACHE_MODULE, modules=APACHE_MODULE.parent, folder=FOLDER, address=address, ipv6=ipv6_of(address),
                                     log=STATE / "log", servers=servers))
    environment = hosting(APACHE_MODULE)
    command("apache2", "-t", "-f", config, env=environment)
    words = ["apache2", "-f", config, "-DFOREGROUND"]
    return Program("apache", words, lambda: accepts(address, 443), env=environment)


def start_scripted(address, sites, policy_of):
    """Runs the scripted policy host; policy_of(domain) gives the bytes where the domain's `web.body` is None."""
    hosts = []
    for domain, made in sites:
        body = policy_of(domain) if domain.web.body is None else domain.web.body
        hosts.append({"name": f"mta-sts.{domain.name}", "chain": str(made.chain), "key": str(made.key), "path": domain.web.path,
                      "status": domain.web.status, "headers": domain.web.headers, "body": body.decode("latin-1"),
                      "raw": None if domain.web.raw is None else domain.web.raw.decode("latin-1")})
    config = FOLDER / "scripted.json"
    config.write_text(json.dumps({"addresses": [address, ipv6_of(address)], "log": str(STATE / "log" / "https-host.jsonl"), "hosts": hosts}))
    return start_script("https-host", "https_host.py", config)
