#include "net/ip_text.hpp"

#include <charconv>
#include <cstring>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace ferrotunnel::net {

namespace {

constexpr std::size_t groups_all = 8;

// Parses a decimal number of one to three digits without leading zeros, up to 255; returns -1 for anything else.
int octet(std::string_view text) noexcept {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
        return -1;
    }
    int value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    return value <= 255 ? value : -1;
}

int group(std::string_view text) noexcept {
    if (text.empty() || text.size() > 4) {
        return -1;
    }
    int value = 0;
    for (char c : text) {
        int digit = hex_value(c);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

// Groups on one side of "::", or all of them.
struct Groups {
    std::uint8_t bytes[16] = {};
    std::size_t count = 0;

    bool add(int value) noexcept {
        if (value < 0 || count == groups_all) {
            return false;
        }
        store_be<2>(bytes + 2 * count++, static_cast<std::uint64_t>(value));
        return true;
    }
};

// `may_end_in_ipv4`: the last two groups of an address may be written as IPv4.
bool read_groups(std::string_view text, bool may_end_in_ipv4, Groups& out) noexcept {
    if (text.empty()) {
        return true;
    }
    for (;;) {
        std::size_t colon = text.find(':');
        std::string_view piece = text.substr(0, colon);
        if (colon == std::string_view::npos && may_end_in_ipv4 && piece.find('.') != std::string_view::npos) {
            auto ipv4 = parse_ipv4(piece);
            return ipv4 && out.add(ipv4->bytes[0] << 8 | ipv4->bytes[1]) &&
                   out.add(ipv4->bytes[2] << 8 | ipv4->bytes[3]);
        }
        if (!out.add(group(piece))) {
            return false;
        }
        if (colon == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(colon + 1);
    }
}

void append_number(std::string& out, unsigned value, int base) {
    char digits[8];
    auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
    out.append(digits, end);
}

std::string ipv4_text(const std::uint8_t* bytes) {
    std::string out;
    for (int i = 0; i < 4; ++i) {
        out += i == 0 ? "" : ".";
        append_number(out, bytes[i], 10);
    }
    return out;
}

bool is_mapped(const std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 10; ++i) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return bytes[10] == 0xff && bytes[11] == 0xff;
}

// The first of the longest runs of two or more zero groups.
struct Run {
    std::size_t begin = groups_all;
    std::size_t length = 1;
};

Run longest_zeros(const std::uint8_t* bytes) noexcept {
    Run best;
    std::size_t length = 0;
    for (std::size_t i = 0; i < groups_all; ++i) {
        length = load_be<2>(bytes + 2 * i) == 0 ? length + 1 : 0;
        if (length > best.length) {
            best = {i + 1 - length, length};
        }
    }
    return best;
}

std::string ipv6_text(const std::uint8_t* bytes) {
    if (is_mapped(bytes)) {
        return "::ffff:" + ipv4_text(bytes + 12);
    }
    const Run zeros = longest_zeros(bytes);
    std::string out;
    for (std::size_t i = 0; i < groups_all;) {
        if (i == zeros.begin) {
            out += "::";
            i += zeros.length;
            continue;
        }
        if (!out.empty() && out.back() != ':') {
            out += ':';
        }
        append_number(out, static_cast<unsigned>(load_be<2>(bytes + 2 * i)), 16);
        ++i;
    }
    return out;
}

}  // namespace

std::optional<Address> parse_ipv4(std::string_view text) noexcept {
    Address address;
    address.family = 4;
    for (std::size_t i = 0; i < 4; ++i) {
        std::size_t dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) {
            return std::nullopt;
        }
        int value = octet(text.substr(0, dot));
        if (value < 0) {
            return std::nullopt;
        }
        address.bytes[i] = static_cast<std::uint8_t>(value);
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return address;
}

std::optional<Address> parse_ipv6(std::string_view text) noexcept {
    Address address;
    address.family = 6;
    Groups front;
    Groups back;
    std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        if (text.empty() || !read_groups(text, true, front) || front.count != groups_all) {
            return std::nullopt;
        }
    } else if (!read_groups(text.substr(0, gap), false, front) || !read_groups(text.substr(gap + 2), true, back) ||
               front.count + back.count >= groups_all) {
        return std::nullopt;
    }
    std::memcpy(address.bytes.data(), front.bytes, 2 * front.count);
    std::memcpy(address.bytes.data() + 16 - 2 * back.count, back.bytes, 2 * back.count);
    return address;
}

std::string ip_text(const Address& address) {
    switch (address.family) {
        case 4:
            return ipv4_text(address.bytes.data());
        case 6:
            return ipv6_text(address.bytes.data());
        default:
            return {};
    }
}

}  // namespace ferrotunnel::net
