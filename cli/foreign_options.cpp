#include "foreign_options.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::cli {
namespace {

struct Foreign {
    std::string_view option;
    std::array<std::string_view, 2> here;  // its names here; a command has at most one of them
};

constexpr std::array<std::string_view, 2> host{"--host", "--http"};
constexpr std::array<std::string_view, 2> port{"--remote-port", "--tcp"};
constexpr std::array<std::string_view, 2> token{"--token-file", {}};
constexpr std::array<std::string_view, 2> server{"--server", {}};

constexpr std::array foreign_options{
    Foreign{"--url", host},
    Foreign{"--domain", host},
    Foreign{"--hostname", host},
    Foreign{"--subdomain", host},
    Foreign{"--sd", host},
    Foreign{"--custom-domain", host},
    Foreign{"--remote-addr", port},
    Foreign{"--port", port},
    Foreign{"--remote_port", port},
    Foreign{"--authtoken", token},
    Foreign{"--secret", token},
    Foreign{"--to", server},
    Foreign{"--server-addr", server},
    Foreign{"--server_addr", server},
};

}  // namespace

std::string here_called(std::string_view option, const std::vector<std::string>& known) {
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
