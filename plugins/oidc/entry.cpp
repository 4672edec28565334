// Entry point of oidc.so.
#include "oidc/oidc.hpp"

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return ferrotunnel::plugin::library<ferrotunnel::plugins::Oidc>(host);
}
