#include "login/weak_token_policy.hpp"

#include "net/host_port.hpp"

namespace ferrotunnel::login {
namespace {

// Whether `text` is one number of a dotted address, in the only spelling that every resolver reads as decimal: without
// a leading zero.
bool is_octet(std::string_view text) noexcept {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) {
        return false;
    }
    int value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    return value <= 255;
}

bool is_loopback_ipv4(std::string_view text) noexcept {
    if (!text.starts_with("127.")) {
        return false;
    }
    int octets = 1;
    for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
        if (!is_octet(text.substr(0, dot))) {
            return false;
        }
        text.remove_prefix(dot + 1);
        ++octets;
    }
    return octets == 4 && is_octet(text);
}

bool is_refused(WeakTokenPolicy policy, TokenStrength strength, std::string_view host) noexcept {
    return strength == TokenStrength::weak && policy == WeakTokenPolicy::loopback_only && !is_loopback(host);
}

}  // namespace

bool is_loopback(std::string_view host) noexcept {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    constexpr std::string_view mapped = "::ffff:";
    if (host.starts_with(mapped)) {
        host.remove_prefix(mapped.size());
        return is_loopback_ipv4(host);
    }
    return host == "::1" || net::is_localhost(host) || is_loopback_ipv4(host);
}

std::optional<std::string> refusal_to_listen(WeakTokenPolicy policy, TokenStrength strength, std::string_view host) {
    if (!is_refused(policy, strength, host)) {
        return std::nullopt;
    }
    return "The token is weak, and the server would listen on " + std::string(host) +
           ", which other machines can reach. Anyone who records a login can guess such a token. Make a strong one "
           "with `ferrotunnel token` and give it to server and clients, or allow weak tokens explicitly.";
}

std::optional<std::string> refusal_to_dial(WeakTokenPolicy policy, TokenStrength strength, std::string_view host) {
    if (!is_refused(policy, strength, host)) {
        return std::nullopt;
    }
    return "The token is weak, and the server " + std::string(host) +
           " is on another machine. Anyone who records a login can guess such a token. Make a strong one with "
           "`ferrotunnel token` and give it to server and clients, or allow weak tokens explicitly.";
}

std::string weak_token_warning() {
    return "A weak token is in use: anyone who records a login can guess it offline. `ferrotunnel token` makes a "
           "strong one.";
}

}  // namespace ferrotunnel::login
