#include "net/host_port.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return {};
    }
    return port;
}

bool plausible_host(std::string_view host) {
    for (char c : host) {
        if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f || c == '/' || c == '[' ||
            c == ']' || c == '@') {
            return false;
        }
    }
    return true;
}

// Whether a system reads digits and dots as an IPv4 address, which may be written in fewer than four parts: "127.1".
bool is_ipv4_in_parts(std::string_view text) {
    const auto dots = std::count(text.begin(), text.end(), '.');
    if (dots > 3) {
        return false;
    }
    for (bool is_last = false; !is_last;) {
        const std::size_t dot = text.find('.');
        is_last = dot == std::string_view::npos;
        const std::string_view part = text.substr(0, dot);
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number,
                                                  part.size() > 1 && part.front() == '0' ? 8 : 10);
        const std::uint32_t most = is_last ? 0xffffffffU >> (8 * dots) : 0xff;
        if (part.empty() || error != std::errc{} || end != part.data() + part.size() || number > most) {
            return false;
        }
        text.remove_prefix(is_last ? 0 : dot + 1);
    }
    return true;
}

// Whether the name can be resolved. Underscores are accepted, although host names have none.
bool is_possible_name(std::string_view name) {
    constexpr std::size_t label_max = 63;
    constexpr std::size_t name_max = 253;
    if (name.find_first_not_of("0123456789.") == std::string_view::npos && name.find('.') != std::string_view::npos) {
        return is_ipv4_in_parts(name);
    }
    name.remove_suffix(name.ends_with('.') ? 1 : 0);
    std::size_t label = 0;
    for (const char c : name) {
        if (c == '.' ? label == 0 : (c == '%' || label == label_max)) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
    }
    return label != 0 && name.size() <= name_max && plausible_host(name);
}

// Whether the text is an IPv6 address; a link-local one may have a zone.
bool is_ipv6(std::string_view text) {
    const std::size_t percent = text.find('%');
    const std::optional<Address> address = parse_ipv6(text.substr(0, percent));
    if (!address || percent == std::string_view::npos) {
        return address.has_value();
    }
    constexpr std::size_t interface_max = 15;
    const std::string_view zone = text.substr(percent + 1);
    const bool is_link_local = address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
    return is_link_local && !zone.empty() && zone.size() <= interface_max && plausible_host(zone) &&
           zone.find_first_of("%:") == std::string_view::npos;
}

struct NamedCharacter {
    std::string_view bytes;
    const char* name;
};
constexpr NamedCharacter lookalikes[] = {
    {"\xc2\xa0", "a no-break space"},
    {"\xe2\x80\x8b", "a space of no width"},
    {"\xe2\x80\xaf", "a no-break space"},
    {"\xef\xbb\xbf", "a byte order mark"},
    {"\xe2\x80\x98", "a curly quotation mark"},
    {"\xe2\x80\x99", "a curly quotation mark"},
    {"\xe2\x80\x9c", "a curly quotation mark"},
    {"\xe2\x80\x9d", "a curly quotation mark"},
    {"\xe2\x80\x93", "a dash"},
    {"\xe2\x80\x94", "a dash"},
    {"\xe2\x80\x90", "a dash"},
    {"\xef\xbc\x9a", "a wide colon"},
};

// The first character of a UTF-8 text, as "U+00FC".
std::string code_point(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    unsigned value = first & (0x7fU >> size);
    for (std::size_t i = 1; i < size && i < text.size(); ++i) {
        value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string code;
    for (; value != 0 || code.size() < 4; value >>= 4) {
        code.insert(code.begin(), digits[value & 15]);
    }
    return "U+" + code;
}

}  // namespace

std::string_view without_zone(std::string_view host) noexcept {
    return host.find(':') == std::string_view::npos ? host : host.substr(0, host.find('%'));
}

std::string quoted_address_fault(std::string_view text, std::string_view expected) {
    return in_quotes(text) + ' ' + address_fault(text, expected);
}

std::string address_fault(std::string_view text, std::string_view expected) {
    const auto is_foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    const auto* const found = std::find_if(text.begin(), text.end(), is_foreign);
    if (found == text.end()) {
        return std::string(expected);
    }
    const std::string_view rest = text.substr(static_cast<std::size_t>(found - text.begin()));
    for (const NamedCharacter& each : lookalikes) {
        if (rest.starts_with(each.bytes)) {
            return std::string("contains ") + each.name + " (" + code_point(rest) +
                   "), which is not valid in an address";
        }
    }
    return "contains the character " + code_point(rest) +
           ", which is not valid in an address; write an international name in its xn-- form";
}

std::optional<HostPort> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port) {
    std::string_view host = text;
    std::optional<std::uint16_t> port = default_port;
    if (text.starts_with('[')) {
        auto close = text.find(']');
        if (close == std::string_view::npos) {
            return {};
        }
        host = text.substr(1, close - 1);
        if (!is_ipv6(host)) {
            return {};
        }
        std::string_view rest = text.substr(close + 1);
        if (!rest.empty()) {
            port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        }
    } else if (auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = parse_port(text.substr(colon + 1));  // with more colons, as in a bare IPv6 address, this is not a number
    } else if (text.empty()) {
        return {};
    }
    if (!port || !(host.empty() || text.starts_with('[') || is_possible_name(host))) {
        return {};
    }
    return HostPort{std::string(host), *port};
}

bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view name = "localhost";
    host.remove_suffix(host.ends_with('.') ? 1 : 0);
    return std::equal(host.begin(), host.end(), name.begin(), name.end(), [](char written, char wanted) {
        return (written >= 'A' && written <= 'Z' ? static_cast<char>(written - 'A' + 'a') : written) == wanted;
    });
}

std::string to_text(const HostPort& place) {
    bool brackets = place.host.find(':') != std::string::npos;
    return (brackets ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

}  // namespace ferrotunnel::net
