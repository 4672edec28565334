// Entry point of webhook-verify.so.
#include "webhook-verify/webhook_verify.hpp"

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return ferrotunnel::plugin::library<ferrotunnel::plugins::WebhookVerify>(host);
}
