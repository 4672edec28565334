#include "silent_backend.hpp"

#include <strings.h>
#include <sys/stat.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view files_prefix = "files:";
constexpr std::string_view listening = "0A";

// The port of an address on this machine; empty for another machine.
std::optional<std::uint16_t> local_port(std::string_view text) {
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        text.remove_prefix(scheme + 3);
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view host = colon == std::string_view::npos ? "" : text.substr(0, colon);
    if (host != "127.0.0.1" && host != "[::1]" && ::strcasecmp(std::string(host).c_str(), "localhost") != 0) {
        return std::nullopt;
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    return error == std::errc{} ? std::optional(port) : std::nullopt;
}

// Adds the ports of a table. Listening sockets come first, so the rest, which may be long, is not read. False if the
// kernel has no such table.
bool add_listening(const char* table, std::set<std::uint16_t>& ports) {
    std::ifstream lines(table);
    std::string line;
    if (!std::getline(lines, line)) {  // the heading
        return false;
    }
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string slot;
        std::string address;
        std::string peer;
        std::string state;
        fields >> slot >> address >> peer >> state;
        if (state != listening) {
            break;
        }
        std::uint16_t port = 0;
        const char* begin = address.data() + address.rfind(':') + 1;
        std::from_chars(begin, address.data() + address.size(), port, 16);
        ports.insert(port);
    }
    return true;
}

}  // namespace

ListeningPorts::ListeningPorts() {
    std::set<std::uint16_t> ports;
    if (add_listening("/proc/net/tcp", ports)) {
        (void)add_listening("/proc/net/tcp6", ports);
        ports_ = std::move(ports);
    }
}

bool ListeningPorts::is_silent(const std::string& local) const {
    if (local.starts_with(unix_prefix)) {
        struct stat status {};
        return ::stat(local.c_str() + unix_prefix.size(), &status) != 0;
    }
    const std::optional<std::uint16_t> port = local_port(local);
    return port && ports_ && !ports_->contains(*port);
}

void warn_if_silent(const ListeningPorts& ports, const std::string& local, const std::string& services,
                    Output& output) {
    if (ports.is_silent(local)) {
        output.warning("  warning: nothing listens at " + local + " yet; visitors of " + services +
                       " are refused until something does");
    }
}

void warn_if_no_index(const std::string& local, const std::string& service, Output& output) {
    if (!local.starts_with(files_prefix)) {
        return;
    }
    const std::string folder = local.substr(files_prefix.size());
    struct stat status {};
    if (::stat((folder + "/index.html").c_str(), &status) != 0) {
        output.warning("  warning: " + folder + " has no index.html, so visitors of " + service +
                       " get 404 at /; --listing (`listing: on`) shows them what is there");
    }
}

}  // namespace ferrotunnel::cli
