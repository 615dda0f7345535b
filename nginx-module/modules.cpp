// What nginx looks for in a dynamic module. A build by nginx's own configure writes these tables itself.

#include "module.hpp"

extern "C" {
[[gnu::visibility("default")]] ngx_module_t* ngx_modules[] = {
    &ngx_http_mta_sts_module,
    &ngx_http_mta_sts_filter_module,
    nullptr,
};
[[gnu::visibility("default")]] char* ngx_module_names[] = {
    const_cast<char*>("ngx_http_mta_sts_module"),
    const_cast<char*>("ngx_http_mta_sts_filter_module"),
    nullptr,
};
// The first goes in front of those behind it in nginx's list, so that its filter runs after theirs.
[[gnu::visibility("default")]] char* ngx_module_order[] = {
    const_cast<char*>("ngx_http_mta_sts_filter_module"),
    const_cast<char*>("ngx_http_headers_filter_module"),
    nullptr,
};
}
