# Sourced by scripts/compat: how a server and the module for it are built and tried. Each try_ prints one line of the table.
# shellcheck shell=bash

compiler=cc
! command -v ccache >/dev/null || compiler="ccache cc"

# shared_tests KIND [NAME=VALUE...] - the tests that every server must pass, against the server of the variables.
shared_tests() {
  local kind=$1
  shift
  env MTA_STS_BUILD="$PWD/build" PYTHONDONTWRITEBYTECODE=1 "$@" /usr/bin/python3 -m pytest -q -p no:cacheprovider \
    "tests/servers/test_$kind.py::TestShared" "tests/servers/test_settings.py::Test${kind^}" >&2
}

# try_nginx SOURCE FOLDER - the module as a dynamic one of nginx's own build, linked into the server, and by CMake.
try_nginx() {
  local source=$1 folder=$2 http=1.1,\ 2 way
  local flags=(--with-compat --with-http_ssl_module --with-http_v2_module --with-http_realip_module
    --with-http_auth_request_module --with-threads "--with-cc=$compiler")
  if [ -d "$source/src/http/v3" ]; then
    flags+=(--with-http_v3_module)
    http+=", 3"
  fi
  for way in dynamic static; do
    cp -a "$source" "$folder/$way"
    rm -rf "$folder/$way/.git" "$folder/$way/objs"
    (
      cd "$folder/$way"
      configure=./configure
      [ -x ./configure ] || configure=./auto/configure
      added=--add-module
      [ "$way" = static ] || added=--add-dynamic-module
      "$configure" --prefix="$folder/$way" "${flags[@]}" "$added=$OLDPWD/nginx-module" && make -j"$(nproc)"
    ) >&2 || return
  done
  local objs=$folder/dynamic/objs name=nginx
  [ ! -x "$objs/angie" ] || name=angie
  cmake --preset nginx -B "$folder/cmake" -DNGINX_BUILD_DIR="$folder/dynamic" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >&2 || return
  cmake --build "$folder/cmake" -j"$(nproc)" >&2 || return
  shared_tests nginx "MTA_STS_NGINX=$objs/$name" "MTA_STS_NGINX_MODULE=$objs/ngx_http_mta_sts_module.so" || return
  shared_tests nginx "MTA_STS_NGINX=$folder/static/objs/$name" MTA_STS_NGINX_MODULE= || return
  shared_tests nginx "MTA_STS_NGINX=$objs/$name" \
    "MTA_STS_NGINX_MODULE=$folder/cmake/modules/ngx_http_mta_sts_module.so" || return
  echo "| $("$objs/$name" -v 2>&1 | head -n 1 | sed 's/.*version: //; s|^\([A-Za-z]*\)/|\1 |') | dynamic, static, CMake | HTTP/$http | $(date +%F) |"
}

# installed_httpd SOURCE FOLDER - builds an httpd with the modules that the tests load; prints its apxs.
installed_httpd() {
  local source=$1 folder=$2 configure=$1/configure
  if [ ! -x "$configure" ]; then # from version control
    cp -a "$source" "$folder/source"
    (cd "$folder/source" && ./buildconf --with-apr=apr-1-config) >&2 || return
    configure=$folder/source/configure
  fi
  mkdir "$folder/objects"
  (
    cd "$folder/objects"
    CC=$compiler "$configure" --prefix="$folder/httpd" --enable-mpms-shared=all --enable-modules=none \
      --enable-mods-static="unixd log_config" \
      --enable-mods-shared="alias authz_core deflate filter headers mime ssl socache_shmcb http2 remoteip" &&
      make -j"$(nproc)" && make install
  ) >&2 || return
  echo "$folder/httpd/bin/apxs"
}

# try_apache SOURCE|APXS FOLDER - the module by CMake.
try_apache() {
  local apxs=$1 folder=$2 httpd
  if [ -d "$apxs" ]; then
    apxs=$(installed_httpd "$1" "$folder") || return
  fi
  cmake --preset apache -B "$folder/cmake" -DAPXS="$apxs" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >&2 || return
  cmake --build "$folder/cmake" -j"$(nproc)" >&2 || return
  httpd=$("$apxs" -q SBINDIR)/$("$apxs" -q PROGNAME)
  shared_tests apache "MTA_STS_HTTPD=$httpd" "MTA_STS_HTTPD_MODULES=$("$apxs" -q LIBEXECDIR)" \
    "MTA_STS_HTTPD_MODULE=$folder/cmake/modules/mod_mta_sts.so" || return
  echo "| $("$httpd" -v | sed -n 's|.*version: \(Apache\)/\([^ ]*\).*|\1 httpd \2|p') | CMake | HTTP/1.1, 2 | $(date +%F) |"
}
