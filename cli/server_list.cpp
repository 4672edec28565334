#include "server_list.hpp"

#include <algorithm>
#include <string_view>

namespace ferrotunnel::cli {

std::vector<std::string> servers_of(const Options& options) {
    std::vector<std::string> servers;
    for (const std::string& value : options.list("server")) {
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::string_view one = rest.substr(0, rest.find(','));
            if (!one.empty()) {
                servers.emplace_back(one);
            }
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        }
    }
    return servers;
}

std::string servers_text(const std::vector<std::string>& servers) {
    std::string text;
    for (const std::string& server : servers) {
        text += (text.empty() ? "" : ", ") + server;
    }
    return text;
}

}  // namespace ferrotunnel::cli
