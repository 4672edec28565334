#include "known_servers.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "ferrotunnel/detail/whole_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t known_server_bytes_max = 300;  // an address has at most 259

}  // namespace

void KnownServers::use(const Join& login, std::string file) {
    servers_.clear();
    file_ = std::move(file);
    login_ = login.pin.empty() || file_.empty() ? "" : "for " + login.server + ',' + login.pin;
    if (login_.empty()) {
        return;
    }
    std::ifstream kept(file_);
    std::string line;
    if (!std::getline(kept, line) || line != login_) {
        return;  // none, or of another login
    }
    while (servers_.size() < known_servers_max && std::getline(kept, line)) {
        if (!line.empty() && line.size() <= known_server_bytes_max) {
            servers_.push_back(line);
        }
    }
}

void KnownServers::save(std::vector<std::string> servers) {
    servers.resize(std::min(servers.size(), known_servers_max));
    if (login_.empty() || servers.empty() || servers == servers_) {
        return;
    }
    servers_ = std::move(servers);
    std::string text = login_ + '\n';
    for (const std::string& server : servers_) {
        text += server + '\n';
    }
    const std::error_code error = detail::write_whole_file(file_, text, {});
    if (error && !std::exchange(has_failed_, true)) {
        print_error("warning: cannot write {}: {}\n", printable(file_), error.message());
    }
}

}  // namespace ferrotunnel::cli
