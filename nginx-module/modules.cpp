// What nginx looks for in a dynamic module. A build by nginx's own configure writes these tables itself.

#include "module.hpp"

extern "C" {
[[gnu::visibility("default")]] ngx_module_t* ngx_modules[] = {&ngx_http_mta_sts_module, nullptr};
[[gnu::visibility("default")]] char* ngx_module_names[] = {const_cast<char*>("ngx_http_mta_sts_module"),
                                                           nullptr};
[[gnu::visibility("default")]] char* ngx_module_order[] = {nullptr};
}
