#include "http/host_pattern.hpp"

#include "http/authority.hpp"

namespace ferrotunnel::http {
namespace {

// Parses what does not depend on the asterisks, with explanations of the most likely mistakes.
Result<std::string, Problem> parse_host(std::string_view text, bool wildcard) {
    if (text.find("://") != std::string_view::npos) {
        return Problem{"is a URL; write only its host, like app.example.com"};
    }
    if (text.find('/') != std::string_view::npos) {
        return Problem{"has a path; a path is a setting of its own"};
    }
    if (text.find('*') != std::string_view::npos) {
        return Problem{
            "has an asterisk in the middle; only `*` (every other host), `*.example.com` (one label in front) and "
            "`**.example.com` (one or more) are patterns"};
    }
    Authority authority;
    const AuthorityFault fault = split_authority(text, authority);
    if (fault == AuthorityFault::bad_port || authority.port != 0) {
        return Problem{"has a port; hosts are matched on every port, so write only the host"};
    }
    if (fault != AuthorityFault::none) {
        for (const char c : text) {
            if (static_cast<unsigned char>(c) > 0x7f) {
                return Problem{"has a letter beyond ASCII; write the name as DNS has it, with xn--"};
            }
        }
        return Problem{std::string(describe(fault))};
    }
    if (wildcard && authority.kind != HostKind::name) {
        return Problem{"has an address after the asterisk; only names have labels in front"};
    }
    HostBuffer buffer;
    return std::string(normal_host(authority, buffer));
}

}  // namespace

std::string HostPattern::text() const {
    switch (kind) {
        case Kind::exact:
            return host;
        case Kind::one_label:
            return "*." + host;
        case Kind::any_labels:
            return "**." + host;
        case Kind::any:
            break;
    }
    return "*";
}

bool HostPattern::matches(std::string_view normal_host) const noexcept {
    if (kind == Kind::any) {
        return true;
    }
    if (kind == Kind::exact) {
        return normal_host == host;
    }
    if (normal_host.size() < host.size() + 2 || !normal_host.ends_with(host) ||
        normal_host[normal_host.size() - host.size() - 1] != '.') {
        return false;
    }
    const std::string_view front = normal_host.substr(0, normal_host.size() - host.size() - 1);
    return kind == Kind::any_labels || front.find('.') == std::string_view::npos;
}

Result<HostPattern, Problem> parse_host_pattern(std::string_view text) {
    if (text == "*") {
        return HostPattern{HostPattern::Kind::any, {}};
    }
    HostPattern pattern{HostPattern::Kind::exact, {}};
    if (text.starts_with("**.")) {
        pattern.kind = HostPattern::Kind::any_labels;
        text.remove_prefix(3);
    } else if (text.starts_with("*.")) {
        pattern.kind = HostPattern::Kind::one_label;
        text.remove_prefix(2);
    }
    Result<std::string, Problem> host = parse_host(text, pattern.kind != HostPattern::Kind::exact);
    if (!host) {
        return host.error();
    }
    pattern.host = std::move(*host);
    return pattern;
}

}  // namespace ferrotunnel::http
