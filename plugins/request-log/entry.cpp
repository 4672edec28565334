// Entry point of request-log.so.
#include "request-log/request_log.hpp"

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return ferrotunnel::plugin::library<ferrotunnel::plugins::RequestLog>(host);
}
