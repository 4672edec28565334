#include "foreign_options.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::cli {
namespace {

struct Foreign {
    std::string_view option;
    std::array<std::string_view, 2> here;  // its names here; a command has at most one of them
};

constexpr std::array<std::string_view, 2> as_host{"--host", "--http"};
constexpr std::array<std::string_view, 2> as_port{"--remote-port", "--tcp"};
constexpr std::array<std::string_view, 2> as_token{"--token-file", {}};
constexpr std::array<std::string_view, 2> as_server{"--server", {}};

constexpr std::array foreign_options{
    Foreign{"--url", as_host},
    Foreign{"--domain", as_host},
    Foreign{"--hostname", as_host},
    Foreign{"--subdomain", as_host},
    Foreign{"--sd", as_host},
    Foreign{"--custom-domain", as_host},
    Foreign{"--remote-addr", as_port},
    Foreign{"--port", as_port},
    Foreign{"--remote_port", as_port},
    Foreign{"--authtoken", as_token},
    Foreign{"--secret", as_token},
    Foreign{"--to", as_server},
    Foreign{"--server-addr", as_server},
    Foreign{"--server_addr", as_server},
};

}  // namespace

std::string equivalent_option(std::string_view option, const std::vector<std::string>& known) {
    const auto found = std::ranges::find(foreign_options, option, &Foreign::option);
    if (found == foreign_options.end()) {
        return {};
    }
    for (const std::string_view here : found->here) {
        if (std::ranges::find(known, here) != known.end()) {
            return std::string(here);
        }
    }
    return {};
}

}  // namespace ferrotunnel::cli
