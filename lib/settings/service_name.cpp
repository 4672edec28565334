#include "settings/service_name.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::size_t name_length_max = 64;
constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/[]*";

// FNV-1a: the same value on every machine and after every restart.
std::uint32_t checksum_of(std::string_view text) {
    std::uint32_t hash = 2'166'136'261U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
    }
    return hash;
}

std::string in_hex(std::uint32_t number) {
    std::array<std::uint8_t, 4> bytes{};
    store_be<4>(bytes.data(), number);
    return to_hex(bytes);
}

std::string made_valid(const std::string& text) {
    if (is_name(text)) {
        return text;
    }
    const std::string checksum = '-' + in_hex(checksum_of(text));
    std::string name = text.substr(0, name_length_max - checksum.size());
    for (char& c : name) {
        c = allowed.find(c) == std::string_view::npos ? '-' : c;
    }
    return name + checksum;
}

// The form of `local` in default names. This machine is always 127.0.0.1 there, although a bare port also means ::1,
// because visits and lists of disabled services refer to such names.
std::string named(const std::string& local) {
    const std::size_t colon = local.rfind(':');
    return colon != std::string::npos && net::is_localhost(std::string_view(local).substr(0, colon))
               ? "127.0.0.1" + local.substr(colon)
               : local;
}

}  // namespace

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_length_max && text.find_first_not_of(allowed) == std::string_view::npos;
}

void check_name(const std::string& name, std::vector<Problem>& problems) {
    if (!is_name(name)) {
        problems.push_back({"name", in_quotes(name) + ": " + name_expected});
    }
}

std::string default_name(const Tcp& service) {
    if (service.is_private) {
        return made_valid(service.local.empty() ? "private" : "private:" + named(service.local));
    }
    return made_valid(service.remote_port != 0 || service.local.empty() ? "tcp:" + std::to_string(service.remote_port)
                                                                        : named(service.local));
}

std::string default_name(const Http& service) {
    if (service.host.empty()) {
        return made_valid(service.local.empty() ? "http" : "http:" + named(service.local));
    }
    std::string name = service.host + service.path;
    std::erase(name, ' ');
    return made_valid(name);
}

std::string default_name(const Tls& service) {
    return made_valid("tls:" + service.host);
}

std::string default_name(const Udp& service) {
    if (!service.with_tcp.empty()) {
        return made_valid(service.with_tcp + "/udp");
    }
    if (service.is_private) {
        return made_valid(service.local.empty() ? "private" : "private:" + named(service.local));
    }
    const bool by_port = service.remote_port != 0 || service.local.empty();
    return made_valid("udp:" + (by_port ? std::to_string(service.remote_port) : named(service.local)));
}

}  // namespace ferrotunnel::detail
