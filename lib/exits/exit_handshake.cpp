#include "exits/exit_handshake.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "exits/limits.hpp"
#include "net/host_name.hpp"
#include "net/ip_network.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::exits {
namespace {

constexpr std::uint8_t socks_version = 5;
constexpr std::uint8_t login_version = 1;
constexpr std::uint8_t method_none = 0;
constexpr std::uint8_t method_login = 2;
constexpr std::uint8_t no_method = 0xff;
constexpr std::uint8_t command_connect = 1;
constexpr std::uint8_t of_ipv4 = 1;
constexpr std::uint8_t of_name = 3;
constexpr std::uint8_t of_ipv6 = 4;

enum Reply : std::uint8_t { granted, failed, not_allowed, no_network, no_host, refused, expired, no_command, no_type };

std::uint8_t byte_at(const std::string& text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}

std::string socks_reply(std::uint8_t code) {
    return {5, static_cast<char>(code), 0, 1, 0, 0, 0, 0, 0, 0};
}

net::Address address_of(std::uint8_t family, const char* bytes) noexcept {
    net::Address address;
    address.family = family;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes), address.size(), address.bytes.data());
    return address;
}

std::uint8_t code_of(Refusal why) noexcept {
    switch (why) {
        case Refusal::not_allowed:
            return not_allowed;
        case Refusal::no_such_name:
        case Refusal::unreachable:
        case Refusal::timeout:
            return no_host;
        case Refusal::refused:
            return refused;
        case Refusal::busy:
            break;
    }
    return failed;
}

}  // namespace

const http::HeadLimits ExitHandshake::head_limits{limits::exit_head_max, limits::exit_head_max, limits::exit_fields_max,
                                                  limits::exit_head_max};

std::size_t ExitHandshake::receive(Bytes bytes) {
    input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (state_ == State::reading && !input_.empty() && read_step()) {
    }
    if (state_ == State::reading) {
        return bytes.size();
    }
    const std::size_t taken = bytes.size() - std::min(bytes.size(), input_.size());
    std::string().swap(input_);
    return state_ == State::requested ? taken : bytes.size();
}

bool ExitHandshake::read_step() {
    switch (step_) {
        case Step::first:
            is_socks_ = byte_at(input_, 0) == socks_version;
            step_ = is_socks_ ? Step::methods : Step::head;
            return true;
        case Step::methods:
            return read_methods();
        case Step::login:
            return read_login();
        case Step::request:
            return read_request();
        case Step::head:
            break;
    }
    return read_head();
}

// --- SOCKS5 ---

bool ExitHandshake::read_methods() {
    const std::size_t size = input_.size() < 2 ? 2 : 2U + byte_at(input_, 1);
    if (input_.size() < size) {
        return false;
    }
    const std::uint8_t wanted = users_.empty() ? method_none : method_login;
    if (input_.find(static_cast<char>(wanted), 2) >= size) {
        output_ += {static_cast<char>(socks_version), static_cast<char>(no_method)};
        return end(users_.empty() ? "it does not offer to connect without a login"
                                  : "it does not offer a login with name and password");
    }
    output_ += {static_cast<char>(socks_version), static_cast<char>(wanted)};
    input_.erase(0, size);
    step_ = users_.empty() ? Step::request : Step::login;
    return true;
}

bool ExitHandshake::read_login() {
    if (byte_at(input_, 0) != login_version) {
        return end("its login has an unsupported version");
    }
    const std::size_t name_end = input_.size() < 2 ? 2 : 2U + byte_at(input_, 1);
    const std::size_t size = input_.size() <= name_end ? name_end + 1 : name_end + 1U + byte_at(input_, name_end);
    if (input_.size() < size) {
        return false;
    }
    const std::string_view all(input_);
    const bool is_right = is_login(users_, all.substr(2, name_end - 2), all.substr(name_end + 1, size - name_end - 1));
    input_.erase(0, size);
    output_ += {static_cast<char>(login_version), static_cast<char>(is_right ? 0 : 1)};
    if (!is_right) {
        wrong_login_ = true;
        return end("wrong user name or password");
    }
    step_ = Step::request;
    return true;
}

bool ExitHandshake::read_request() {
    if (byte_at(input_, 0) != socks_version) {
        return end("its request has an unsupported SOCKS version");
    }
    if (input_.size() < 5) {
        return false;
    }
    const std::uint8_t type = byte_at(input_, 3);
    if (type != of_ipv4 && type != of_name && type != of_ipv6) {
        return refuse_socks(no_type, "its request has an unknown type of address");
    }
    const std::size_t begin = type == of_name ? 5 : 4;
    const std::size_t length = type == of_name ? byte_at(input_, 4) : type == of_ipv4 ? 4U : 16U;
    if (input_.size() < begin + length + 2) {
        return false;
    }
    std::string host = input_.substr(begin, length);
    const auto port =
        static_cast<std::uint16_t>((byte_at(input_, begin + length) << 8U) | byte_at(input_, begin + length + 1));
    const std::uint8_t command = byte_at(input_, 1);
    input_.erase(0, begin + length + 2);
    if (command != command_connect) {
        return refuse_socks(no_command, "its command is not CONNECT");
    }
    if (type != of_name) {
        host = net::ip_text(address_of(type == of_ipv4 ? 4 : 6, host.data()));
    }
    return ask(std::move(host), port);
}

// --- either ---

// Normalises the host.
bool ExitHandshake::ask(std::string host, std::uint16_t port) {
    if (const auto address = net::parse_ip(host)) {
        host = net::ip_text(net::unmapped(*address));
    } else if (auto name = net::normal_host_name(host)) {
        host = *std::move(name);
    } else {
        host.clear();
    }
    if (host.empty() || port == 0) {
        return is_socks_ ? refuse_socks(failed, "its destination is not a valid host with a port")
                         : refuse_http(400, "The destination is not a valid host with a port.");
    }
    target_ = {std::move(host), port};
    state_ = State::requested;
    return true;
}

void ExitHandshake::grant() {
    state_ = State::granted;
    if (is_socks_) {
        output_ += socks_reply(granted);
    } else if (is_tunnel_) {
        output_ += "HTTP/1.1 200 Connection established\r\n\r\n";
    }
}

void ExitHandshake::refuse(Refusal why) {
    if (is_socks_) {
        refuse_socks(code_of(why), {});
        return;
    }
    switch (why) {
        case Refusal::not_allowed:
            refuse_http(403, "This exit does not allow this destination.");
            return;
        case Refusal::no_such_name:
            refuse_http(502, "The destination's name cannot be resolved.");
            return;
        case Refusal::unreachable:
        case Refusal::refused:
            refuse_http(502, "The destination cannot be reached.");
            return;
        case Refusal::timeout:
            refuse_http(504, "The destination does not respond.");
            return;
        case Refusal::busy:
            break;
    }
    refuse_http(503, "There is no room for more visitors.");
}

bool ExitHandshake::refuse_socks(std::uint8_t code, std::string_view why) {
    output_ += socks_reply(code);
    return end(why);
}

bool ExitHandshake::end(std::string_view why) {
    reason_ = why;
    state_ = State::refused;
    return false;
}

}  // namespace ferrotunnel::exits
