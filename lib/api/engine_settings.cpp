#include "api/engine_settings.hpp"

#include <algorithm>

#include "runtime/machine_memory.hpp"
#include "settings/dashboard.hpp"
#include "settings/http.hpp"

namespace ferrotunnel::detail {

std::uint64_t memory_of(const CommonValues& settings) {
    return settings.memory_max != 0 ? settings.memory_max
                                    : std::max(runtime::machine_memory() / limits::memory_share, limits::memory_min);
}

// The settings keep one session from using all memory before the governor checks.
mux::Settings mux_settings(mux::Role role, const CommonValues& common) {
    const Timing& timing = common.timing;
    const std::uint64_t memory = memory_of(common);
    mux::Settings settings;
    settings.budget = std::min(settings.budget, memory / 4);
    settings.memory_hard = std::min(settings.memory_hard, memory / 2);
    settings.outbound_max = std::min(settings.outbound_max, memory / 4);
    settings.role = role;
    settings.ping_interval = timing.ping_interval;
    settings.dead_interval = timing.dead_interval;
    settings.write_timeout = timing.write_timeout;
    settings.open_deadline = timing.open_timeout;
    settings.resume = common.resume;
    settings.resume_memory = std::min(common.resume_memory, std::max(memory / 8, limits::resume_memory_min));
    return settings;
}

ingress::HttpFrontRules http_front_rules(const HttpServerSettings& settings) {
    ingress::HttpFrontRules front;
    static_cast<HttpServerSettings&>(front.edge) = settings;
    front.edge.trusted_proxies = std::vector<std::string>();  // only the compiled forms are needed, and texts are large
    front.edge.pages = std::vector<HttpPage>();
    front.trusted_proxies = networks_of(settings.trusted_proxies).value();
    front.pages = pages_of(settings.pages);
    return front;
}

directory::HttpBounds http_bounds(const HttpServerSettings& settings) {
    return {settings.first_byte_timeout_max, settings.upgraded_idle_timeout_max};
}

net::IpNetworks proxies_of(const ServerValues& settings) {
    std::vector<net::IpNetwork> networks;
    for (const std::string& text : settings.proxies) {
        networks.push_back(net::IpNetwork::parse(text).value());
    }
    return net::IpNetworks(std::move(networks));
}

std::shared_ptr<inspect::Inspector> inspector_of(const ClientValues& settings) {
    if (!settings.inspect) {
        return nullptr;
    }
    const std::vector<std::string>& words = settings.inspect_mask;
    const bool hides = words.size() != 1 || words.front() != mask_off;
    // A client without a control API gets no requests to send a recorded one again.
    const bool is_asked = (!settings.control.empty() && settings.control != control_off) ||
                          !dashboard_address(settings.dashboard, "client").empty();
    return std::make_shared<inspect::Inspector>(
        inspect::Inspector::Settings{settings.inspect_memory, settings.inspect_body,
                                     hides ? inspect::Secrets(words) : inspect::Secrets::none(), is_asked});
}

login::Token engine_token(const Secret& secret) {
    return login::parse_token(secret.reveal()).value();
}

wire::InstanceId new_instance(Random& random) {
    wire::InstanceId instance;
    random.fill(instance);
    return instance;
}

}  // namespace ferrotunnel::detail
