#include "settings/client_proxy.hpp"

#include <array>
#include <cstdlib>

#include "runtime/address.hpp"

namespace ferrotunnel::detail {
namespace {

using Found = Result<std::optional<net::Proxy>, std::string>;

struct Variable {
    const char* name = nullptr;
    std::string text;
};

// The first of these variables that is set and not empty.
template <std::size_t count>
Variable first_of(const std::array<const char*, count>& names) {
    for (const char* name : names) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
            return {name, value};
        }
    }
    return {};
}

// Whether the server is this machine, judging by its name.
bool is_this_machine(const std::string& host) {
    const auto address = runtime::SocketAddress::from_ip(host, 0);
    return net::is_localhost(host) || (address && address->is_loopback());
}

Found proxy_of_environment(const net::HostPort& server) {
    const Variable url = first_of<4>({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    const Variable exempt = first_of<2>({"no_proxy", "NO_PROXY"});
    if (url.name == nullptr || is_this_machine(server.host) || net::is_in_no_proxy(exempt.text, server)) {
        return std::optional<net::Proxy>();
    }
    auto proxy = net::parse_proxy(url.text);
    return proxy ? Found(std::optional(std::move(*proxy)))
                 : Found(std::string(url.name) + " in the environment " + proxy.error() +
                         "; `off` ignores the environment");
}

}  // namespace

Found proxy_of(const ClientValues& settings, const net::HostPort& server) {
    if (settings.proxy == no_proxy) {
        return std::optional<net::Proxy>();
    }
    if (settings.proxy == proxy_by_environment) {
        return proxy_of_environment(server);
    }
    auto proxy = net::parse_proxy(settings.proxy);
    return proxy ? Found(std::optional(std::move(*proxy))) : Found(proxy.error());
}

}  // namespace ferrotunnel::detail
