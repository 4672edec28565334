#include "net/shown_address.hpp"

#include <algorithm>

namespace ferrotunnel::net {
namespace {

constexpr std::string_view any_of_four = "0.0.0.0";
constexpr std::string_view any_of_six = "[::]";

// The wildcard address that `rest` begins with, as a whole host; empty if there is none.
std::string_view any_at_begin(std::string_view rest) {
    for (const std::string_view any : {any_of_four, any_of_six}) {
        const std::string_view behind = rest.substr(std::min(any.size(), rest.size()));
        if (rest.starts_with(any) && (behind.empty() || behind.front() == ':' || behind.front() == '/')) {
            return any;
        }
    }
    return {};
}

std::string usable(std::string_view host) {
    if (host.empty() || host == any_of_four) {
        return "127.0.0.1";
    }
    if (host == "::") {
        return "[::1]";
    }
    const bool bare_six = host.find(':') != std::string_view::npos && host.front() != '[';
    return bare_six ? '[' + std::string(host) + ']' : std::string(host);
}

}  // namespace

std::string with_host_for_any(std::string_view address, std::string_view host) {
    constexpr std::string_view behind_scheme = "://";
    const std::size_t scheme = address.find(behind_scheme);
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + behind_scheme.size();
    const std::string_view any = any_at_begin(address.substr(begin));
    if (any.empty()) {
        return std::string(address);
    }
    std::string shown(address.substr(0, begin));
    shown += usable(host);
    shown += address.substr(begin + any.size());
    return shown;
}

}  // namespace ferrotunnel::net
