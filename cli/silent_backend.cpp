#include "silent_backend.hpp"

#include <sys/stat.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view listening = "0A";

// The port of an address on this machine; nothing for one elsewhere.
std::optional<std::uint16_t> local_port(std::string_view text) {
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        text.remove_prefix(scheme + 3);
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view host = colon == std::string_view::npos ? "" : text.substr(0, colon);
    if (host != "127.0.0.1" && host != "localhost" && host != "[::1]") {
        return std::nullopt;
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    return error == std::errc{} ? std::optional(port) : std::nullopt;
}

// Whether anybody listens. Listening sockets come first in the kernel's table, so that the rest, which may be long, is
// not read. Nothing: there is no such table.
std::optional<bool> anybody_listens(const char* table, std::uint16_t port) {
    std::ifstream lines(table);
    std::string line;
    if (!std::getline(lines, line)) {  // the head
        return std::nullopt;
    }
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string slot;
        std::string address;
        std::string peer;
        std::string state;
        fields >> slot >> address >> peer >> state;
        if (state != listening) {
            return false;
        }
        unsigned listened = 0;
        const char* begin = address.data() + address.rfind(':') + 1;
        std::from_chars(begin, address.data() + address.size(), listened, 16);
        if (listened == port) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool is_silent(const std::string& local) {
    if (local.starts_with(unix_prefix)) {
        struct stat status {};
        return ::stat(local.c_str() + unix_prefix.size(), &status) != 0;
    }
    const std::optional<std::uint16_t> port = local_port(local);
    return port && anybody_listens("/proc/net/tcp", *port) == false &&
           anybody_listens("/proc/net/tcp6", *port).value_or(false) == false;
}

void tell_if_silent(const std::string& local, const std::string& services, Output& output) {
    if (is_silent(local)) {
        output.line("  warning: nothing listens at " + local + " yet; visitors of " + services +
                    " are refused until something does");
    }
}

}  // namespace ferrotunnel::cli
