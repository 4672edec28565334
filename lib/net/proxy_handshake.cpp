#include "net/proxy_handshake.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64url.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::net {
namespace {

constexpr std::size_t quoted_max = 100;  // bytes of the proxy's own text in a message

char byte(unsigned value) {
    return static_cast<char>(static_cast<unsigned char>(value));
}

// Basic (RFC 7617): base64 with the standard alphabet and padding.
std::string basic(const Proxy& proxy) {
    const std::string login = proxy.user + ':' + proxy.password;
    std::string text = encode_base64url({reinterpret_cast<const std::uint8_t*>(login.data()), login.size()});
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

bool begins_with(std::string_view text, std::string_view lower_case_prefix) {
    return text.size() >= lower_case_prefix.size() &&
           std::equal(lower_case_prefix.begin(), lower_case_prefix.end(), text.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
}

std::string_view without_spaces(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// Whether a proxy offers this authentication scheme, in a head whose lines end with LF.
bool offers(std::string_view head, std::string_view scheme) {
    constexpr std::string_view field = "proxy-authenticate:";
    while (!head.empty()) {
        const std::size_t end = std::min(head.find('\n'), head.size());
        const std::string_view line = head.substr(0, end);
        if (begins_with(line, field) && begins_with(without_spaces(line.substr(field.size())), scheme)) {
            return true;
        }
        head.remove_prefix(std::min(end + 1, head.size()));
    }
    return false;
}

// The status of a status line, "503 Service Unavailable"; empty if it is not one.
std::string_view status_of(std::string_view line) {
    line = without_spaces(line);
    const bool is_http = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ';
    const std::string_view status = is_http ? line.substr(9) : std::string_view();
    const bool is_status =
        is_http && status.find_first_not_of("0123456789") >= 3 && (status.size() == 3 || status[3] == ' ');
    return is_status ? status : std::string_view();
}

std::string_view socks_refusal(unsigned code) {
    constexpr std::array<std::string_view, 9> words{
        "",
        "failed with SOCKS5 code 1, a general failure",
        "does not allow this connection by its rules",
        "cannot reach the server's network",
        "cannot reach the server",
        "is refused by the server",
        "timed out while connecting to the server",
        "does not support CONNECT",
        "does not support this kind of address",
    };
    return code < words.size() ? words[code] : "failed with an unknown SOCKS5 code";
}

}  // namespace

ProxyHandshake::ProxyHandshake(const Proxy& proxy, const HostPort& target) : proxy_(proxy), target_(target) {
    if (proxy_.kind == Proxy::Kind::http) {
        begin_http();
    } else {
        begin_socks();
    }
}

ProxyHandshake::State ProxyHandshake::receive(Bytes bytes) {
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    read();
    if (state_ == State::in_progress && received_.size() > limits::proxy_answer_bytes_max) {
        fail("answers with more than " + std::to_string(limits::proxy_answer_bytes_max) + " bytes");
    }
    return state_;
}

void ProxyHandshake::read() {
    Awaits before = awaits_;
    do {
        before = awaits_;
        switch (awaits_) {
            case Awaits::http_head:
                read_http();
                break;
            case Awaits::socks_method:
                read_socks_method();
                break;
            case Awaits::socks_login:
                read_socks_login();
                break;
            case Awaits::socks_grant:
                read_socks_grant();
                break;
        }
    } while (state_ == State::in_progress && awaits_ != before);
}

void ProxyHandshake::finish(std::size_t size) {
    if (received_.size() > size) {
        fail("sent more than its answer");
    } else {
        state_ = State::done;
    }
}

void ProxyHandshake::fail(std::string why) {
    state_ = State::failed;
    failure_ = std::move(why);
}

// --- HTTP ---

void ProxyHandshake::begin_http() {
    const std::string authority = to_text(target_);
    output_ = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
    if (!proxy_.user.empty()) {
        output_ += "Proxy-Authorization: Basic " + basic(proxy_) + "\r\n";
    }
    output_ += "\r\n";
}

void ProxyHandshake::read_http() {
    constexpr std::string_view start = "HTTP/1.";
    if (!std::string_view(received_).substr(0, start.size()).starts_with(start.substr(0, received_.size()))) {
        fail("does not answer as an HTTP proxy; is it a SOCKS5 one (socks5://)?");
        return;
    }
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) {
        return;
    }
    const std::string_view head = std::string_view(received_).substr(0, end + 2);
    const std::string_view status = status_of(head.substr(0, head.find('\n')));
    if (status.empty()) {
        fail("does not answer as an HTTP proxy");
    } else if (status.starts_with('2')) {
        finish(end + 4);
    } else if (status.starts_with("407")) {
        fail(unauthorized(head));
    } else {
        const bool by_rule = status.starts_with("403") || status.starts_with("405");
        fail("does not connect to " + to_text(target_) + ": it answers " + printable(status, quoted_max) +
             (by_rule && target_.port != 443 ? " (many proxies allow port 443 only)" : ""));
    }
}

std::string ProxyHandshake::unauthorized(std::string_view head) const {
    if (offers(head, "basic")) {
        return proxy_.user.empty() ? "requires a user and password: http://USER:PASSWORD@" + to_text(proxy_.place)
                                   : "does not accept this user and password";
    }
    for (const std::string_view scheme : {"NTLM", "Negotiate", "Digest"}) {
        std::string lower(scheme);
        std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(c | 0x20); });
        if (offers(head, lower)) {
            return "requires a login by " + std::string(scheme) +
                   ", but only Basic is supported: use a local proxy that supports it (cntlm, px) in between";
        }
    }
    return "requires a kind of login that is not supported";
}

// --- SOCKS5 ---

void ProxyHandshake::begin_socks() {
    awaits_ = Awaits::socks_method;
    output_ = {byte(5), byte(1), byte(0)};
    if (!proxy_.user.empty()) {
        output_ = {byte(5), byte(2), byte(0), byte(2)};
    }
}

void ProxyHandshake::read_socks_method() {
    if (!received_.empty() && received_[0] != 5) {
        fail("does not answer as a SOCKS5 proxy; is it an HTTP one (http://)?");
        return;
    }
    if (received_.size() < 2) {
        return;
    }
    const char method = received_[1];
    received_.erase(0, 2);
    if (method == 0) {
        send_socks_request();
    } else if (method == 2 && !proxy_.user.empty()) {
        output_ = byte(1) + std::string(1, byte(static_cast<unsigned>(proxy_.user.size()))) + proxy_.user +
                  byte(static_cast<unsigned>(proxy_.password.size())) + proxy_.password;
        awaits_ = Awaits::socks_login;
    } else if (proxy_.user.empty()) {
        fail("requires a login: socks5://USER:PASSWORD@" + to_text(proxy_.place));
    } else {
        fail("accepts no user and password");
    }
}

void ProxyHandshake::read_socks_login() {
    if (received_.size() < 2) {
        return;
    }
    const bool accepted = received_[1] == 0;
    received_.erase(0, 2);
    if (accepted) {
        send_socks_request();
    } else {
        fail("does not accept this user and password");
    }
}

void ProxyHandshake::send_socks_request() {
    awaits_ = Awaits::socks_grant;
    output_ = {byte(5), byte(1), byte(0)};
    if (const auto address = parse_ip(target_.host)) {
        const std::size_t size = address->family == 4 ? 4 : 16;
        output_ += byte(size == 4 ? 1 : 4);
        output_.append(reinterpret_cast<const char*>(address->bytes.data()), size);
    } else {
        output_ += byte(3);
        output_ += byte(static_cast<unsigned>(std::min<std::size_t>(target_.host.size(), 255)));
        output_ += target_.host.substr(0, 255);
    }
    output_ += byte(target_.port >> 8);
    output_ += byte(target_.port & 0xffU);
}

void ProxyHandshake::read_socks_grant() {
    if (received_.size() < 2) {
        return;
    }
    const auto at = [this](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(received_[i])); };
    if (at(0) != 5) {
        fail("does not answer as a SOCKS5 proxy");
        return;
    }
    if (at(1) != 0) {
        const bool of_way = at(1) >= 3 && at(1) <= 6;
        fail(std::string(socks_refusal(at(1))) + (of_way ? " (" + to_text(target_) + ")" : ""));
        return;
    }
    if (received_.size() < 5) {
        return;
    }
    const unsigned kind = at(3);
    const std::size_t size = kind == 1 ? 10 : kind == 4 ? 22 : kind == 3 ? 7 + at(4) : 0;
    if (size == 0) {
        fail("does not answer as a SOCKS5 proxy");
    } else if (received_.size() >= size) {
        finish(size);
    }
}

}  // namespace ferrotunnel::net
