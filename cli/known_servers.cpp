#include "known_servers.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "ferrotunnel/detail/whole_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "stored_login.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t line_bytes_max = 300;  // an address has at most 259

}  // namespace

std::string known_servers_file() {
    const std::string login = login_file();
    return login.empty() ? login : login + ".servers";
}

void KnownServers::use(const Join& login) {
    servers_.clear();
    login_ = login.pin.empty() || known_servers_file().empty() ? "" : "for " + login.server + ',' + login.pin;
    if (login_.empty()) {
        return;
    }
    std::ifstream file(known_servers_file());
    std::string line;
    if (!std::getline(file, line) || line != login_) {
        return;  // none, or of another login
    }
    while (servers_.size() < known_servers_max && std::getline(file, line)) {
        if (!line.empty() && line.size() <= line_bytes_max) {
            servers_.push_back(line);
        }
    }
}

void KnownServers::save(const std::vector<std::string>& servers) {
    if (login_.empty() || servers.empty() || servers == servers_) {
        return;
    }
    servers_ = servers;
    servers_.resize(std::min(servers_.size(), known_servers_max));
    std::string text = login_ + '\n';
    for (const std::string& server : servers_) {
        text += server + '\n';
    }
    const std::error_code error = detail::write_whole_file(known_servers_file(), text, {});
    if (error && !std::exchange(has_failed_, true)) {
        print_error("warning: cannot write {}: {}\n", printable(known_servers_file()), error.message());
    }
}

}  // namespace ferrotunnel::cli
