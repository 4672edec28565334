// Entry point of rate-limit.so.
#include "rate-limit/rate_limit.hpp"

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return ferrotunnel::plugin::library<ferrotunnel::plugins::RateLimit>(host);
}
