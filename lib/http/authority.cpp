#include "http/authority.hpp"

#include <charconv>

#include "base/hex.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::http {
namespace {

using Groups = std::array<std::uint16_t, 8>;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_name_byte(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Reads a.b.c.d in decimal, without leading zeros, which some programs read as octal.
bool read_ipv4(std::string_view text, std::uint32_t& address) noexcept {
    address = 0;
    for (int part = 0; part < 4; ++part) {
        std::size_t length = 0;
        std::uint32_t value = 0;
        while (length < text.size() && length < 4 && is_digit(text[length])) {
            value = value * 10 + static_cast<std::uint32_t>(text[length++] - '0');
        }
        if (length == 0 || value > 255 || (length > 1 && text[0] == '0')) {
            return false;
        }
        address = address << 8 | value;
        text.remove_prefix(length);
        if (part < 3) {
            if (text.empty() || text[0] != '.') {
                return false;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

// Reads one side of "::", or the whole text if it has none: at most `room` groups, the last of which may be an IPv4
// address if it ends the whole address. Returns the number of groups, or -1.
int read_groups(std::string_view text, std::uint16_t* groups, int room, bool ends_address) noexcept {
    int count = 0;
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        std::uint32_t ipv4 = 0;
        if (colon == std::string_view::npos && ends_address && count + 2 <= room && read_ipv4(group, ipv4)) {
            groups[count] = static_cast<std::uint16_t>(ipv4 >> 16);
            groups[count + 1] = static_cast<std::uint16_t>(ipv4);
            return count + 2;
        }
        if (group.empty() || group.size() > 4 || count == room) {
            return -1;
        }
        const auto [end, error] = std::from_chars(group.begin(), group.end(), groups[count], 16);
        if (error != std::errc() || end != group.end()) {
            return -1;
        }
        ++count;
        if (colon == std::string_view::npos) {
            return count;
        }
        text.remove_prefix(colon + 1);
        if (text.empty()) {
            return -1;  // ends with a single colon
        }
    }
    return count;
}

bool read_ipv6(std::string_view text, Groups& groups) noexcept {
    groups = {};
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        return read_groups(text, groups.data(), 8, true) == 8;
    }
    // "::" stands for at least one group.
    const int before = read_groups(text.substr(0, gap), groups.data(), 7, false);
    if (before < 0) {
        return false;
    }
    Groups tail{};
    const int after = read_groups(text.substr(gap + 2), tail.data(), 7 - before, true);
    if (after < 0) {
        return false;
    }
    for (int i = 0; i < after; ++i) {
        groups[static_cast<std::size_t>(8 - after + i)] = tail[static_cast<std::size_t>(i)];
    }
    return true;
}

// Writes an address as in RFC 5952: the longest run of at least two zero groups becomes "::", the first of equally long
// ones.
std::size_t write_ipv6(const Groups& groups, char* to) noexcept {
    std::size_t gap = groups.size();
    std::size_t gap_length = 1;
    for (std::size_t i = 0; i < groups.size();) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) {
            ++end;
        }
        if (end - i > gap_length) {
            gap = i;
            gap_length = end - i;
        }
        i = end + 1;
    }
    char* at = to;
    *at++ = '[';
    for (std::size_t i = 0; i < groups.size();) {
        if (i == gap) {
            *at++ = ':';
            *at++ = ':';
            i += gap_length;
            continue;
        }
        if (at[-1] != '[' && at[-1] != ':') {
            *at++ = ':';
        }
        at = std::to_chars(at, at + 4, groups[i++], 16).ptr;
    }
    *at++ = ']';
    return static_cast<std::size_t>(at - to);
}

// Whether a label is a number. The last label decides whether a host is an address: a resolver reads "127.1" and
// "0x7f.1" as addresses.
bool is_number(std::string_view label) noexcept {
    const bool hexadecimal = label.size() >= 2 && label[0] == '0' && lower(label[1]) == 'x';
    for (char c : label.substr(hexadecimal ? 2 : 0)) {
        if (hexadecimal ? hex_value(c) < 0 : !is_digit(c)) {
            return false;
        }
    }
    return true;
}

AuthorityFault fault_of(char c) noexcept {
    return c == '@' ? AuthorityFault::userinfo : c == ',' ? AuthorityFault::list : AuthorityFault::bad_byte;
}

// Reads the name or IPv4 address that `text` starts with, up to a colon or the end.
AuthorityFault read_name(std::string_view text, Authority& authority) noexcept {
    std::size_t at = 0;
    std::size_t label = 0;       // where the label at `at` begins
    std::size_t last_label = 0;  // where the previous label begins, for a name with a final dot
    for (; at < text.size() && text[at] != ':'; ++at) {
        if (is_name_byte(text[at])) {
            continue;
        }
        if (text[at] != '.') {
            return fault_of(text[at]);
        }
        if (at == label) {
            return AuthorityFault::empty_label;
        }
        if (at - label > limits::host_label_max) {
            return AuthorityFault::too_long;
        }
        last_label = label;
        label = at + 1;
    }
    if (at == 0) {
        return AuthorityFault::empty;
    }
    const bool final_dot = at == label;
    authority.host = text.substr(0, at);
    const std::string_view last =
        final_dot ? text.substr(last_label, label - 1 - last_label) : text.substr(label, at - label);
    if (last.size() > limits::host_label_max || at - (final_dot ? 1 : 0) > limits::host_name_max) {
        return AuthorityFault::too_long;
    }
    if (!is_number(last)) {
        authority.kind = HostKind::name;
        return AuthorityFault::none;
    }
    std::uint32_t address = 0;
    authority.kind = HostKind::ipv4;
    return read_ipv4(authority.host, address) ? AuthorityFault::none : AuthorityFault::bad_ipv4;
}

AuthorityFault read_literal(std::string_view text, Authority& authority) noexcept {
    const std::size_t end = text.find(']');
    Groups groups;
    if (end == std::string_view::npos || !read_ipv6(text.substr(1, end - 1), groups)) {
        return AuthorityFault::bad_ipv6;
    }
    authority.host = text.substr(0, end + 1);
    authority.kind = HostKind::ipv6;
    return AuthorityFault::none;
}

AuthorityFault read_port(std::string_view text, std::uint16_t& port) noexcept {
    port = 0;
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 5 || text[0] == '0') {
        return AuthorityFault::bad_port;
    }
    for (char c : text) {
        if (!is_digit(c)) {
            return AuthorityFault::bad_port;
        }
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    port = static_cast<std::uint16_t>(value);
    return value <= 65'535 ? AuthorityFault::none : AuthorityFault::bad_port;
}

}  // namespace

std::string_view describe(AuthorityFault fault) noexcept {
    switch (fault) {
        case AuthorityFault::none:
            return "is a host";
        case AuthorityFault::empty:
            return "is empty";
        case AuthorityFault::too_long:
            return "is longer than 253 bytes, or one of its labels than 63";
        case AuthorityFault::userinfo:
            return "has a user name (user@host)";
        case AuthorityFault::list:
            return "is a list: it has a comma";
        case AuthorityFault::bad_byte:
            return "has a character that is not valid in a host name";
        case AuthorityFault::empty_label:
            return "has an empty label: two dots in a row, or a dot in front";
        case AuthorityFault::bad_ipv4:
            return "ends in a number but is not an IPv4 address like 192.0.2.1";
        case AuthorityFault::bad_ipv6:
            return "is not an IPv6 address in brackets like [2001:db8::1]";
        case AuthorityFault::bad_port:
            return "has a port that is not a number from 1 to 65535";
    }
    return "is not a host";
}

AuthorityFault split_authority(std::string_view text, Authority& authority) noexcept {
    authority = {};
    if (text.empty()) {
        return AuthorityFault::empty;
    }
    const AuthorityFault fault = text[0] == '[' ? read_literal(text, authority) : read_name(text, authority);
    if (fault != AuthorityFault::none) {
        // "user:secret@host" fails at the port of a host "user": report the real fault.
        return text.find('@') != std::string_view::npos ? AuthorityFault::userinfo : fault;
    }
    text.remove_prefix(authority.host.size());
    if (text.empty()) {
        return AuthorityFault::none;
    }
    if (text.find('@') != std::string_view::npos) {
        return AuthorityFault::userinfo;
    }
    if (text[0] != ':') {
        return fault_of(text[0]);
    }
    if (text.find(',') != std::string_view::npos) {
        return AuthorityFault::list;
    }
    return read_port(text.substr(1), authority.port);
}

std::string_view normal_host(const Authority& authority, HostBuffer& buffer) noexcept {
    std::string_view host = authority.host;
    if (authority.kind == HostKind::ipv6) {
        Groups groups;
        const bool good = host.size() > 2 && read_ipv6(host.substr(1, host.size() - 2), groups);
        return {buffer.data(), good ? write_ipv6(groups, buffer.data()) : 0};
    }
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    const std::size_t size = host.size() <= limits::host_name_max ? host.size() : 0;
    for (std::size_t i = 0; i < size; ++i) {
        buffer[i] = lower(host[i]);
    }
    return {buffer.data(), size};
}

std::string_view normal_host(std::string_view text, HostBuffer& buffer) noexcept {
    Authority authority;
    return split_authority(text, authority) == AuthorityFault::none ? normal_host(authority, buffer)
                                                                    : std::string_view();
}

}  // namespace ferrotunnel::http
