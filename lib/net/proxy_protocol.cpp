#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::net {

namespace {

using Status = ProxyReading::Status;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::size_t v1_line_max = 107;  // with CR LF
constexpr std::string_view v2_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_head_bytes = 16;
constexpr std::uint8_t v2_local = 0x20;
constexpr std::uint8_t v2_proxy = 0x21;

// The high half of the 14th byte is the family, the low half the transport.
constexpr std::uint8_t family_unspecified = 0;
constexpr std::uint8_t family_ipv4 = 1;
constexpr std::uint8_t family_ipv6 = 2;
constexpr std::uint8_t family_unix = 3;
constexpr std::uint8_t transport_unspecified = 0;
constexpr std::uint8_t transport_stream = 1;
constexpr std::uint8_t transport_datagram = 2;
constexpr std::size_t unix_addresses_bytes = std::size_t{2} * 108;

constexpr std::uint8_t tlv_crc32c = 0x03;
constexpr std::size_t tlv_head_bytes = 3;
constexpr std::size_t crc_bytes = 4;

static_assert(limits::proxy_header_bytes_max >= v1_line_max);
static_assert(limits::proxy_header_bytes_max >= v2_head_bytes + unix_addresses_bytes);

ProxyReading verdict(Status status, ProxyVersion version = ProxyVersion::v1) {
    ProxyReading reading;
    reading.status = status;
    reading.version = version;
    return reading;
}

ProxyReading malformed(ProxyVersion version, const char* error) {
    ProxyReading reading = verdict(Status::malformed, version);
    reading.error = error;
    return reading;
}

// --- version 1 ----------------------------------------------------------------------------------------------------

// Parses a port of the PROXY protocol: digits without leading zeros.
std::optional<std::uint16_t> proxy_port(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    unsigned value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= 0xffff ? std::optional(static_cast<std::uint16_t>(value)) : std::nullopt;
}

// Removes a word up to the next space, and the space. Returns nothing, not even an empty word, after the end of the
// text.
std::optional<std::string_view> take_word(std::optional<std::string_view>& text) {
    if (!text) {
        return std::nullopt;
    }
    std::size_t space = text->find(' ');
    std::string_view word = text->substr(0, space);
    text = space == std::string_view::npos ? std::nullopt : std::optional(text->substr(space + 1));
    return word;
}

// Parses the rest after "TCP4 " or "TCP6 ". Returns the error, or null.
const char* read_v1_addresses(std::optional<std::string_view> text, std::uint8_t family, ProxyHeader& header) {
    const auto parse = family == 4 ? parse_ipv4 : parse_ipv6;
    auto source = take_word(text);
    auto destination = take_word(text);
    auto source_port = take_word(text);
    auto destination_port = take_word(text);
    if (!destination_port || text) {
        return "not two addresses and two ports, with one space before each";
    }
    auto from = parse(*source);
    auto to = parse(*destination);
    if (!from || !to) {
        return "an address does not belong to the named family";
    }
    auto from_port = proxy_port(*source_port);
    auto to_port = proxy_port(*destination_port);
    if (!from_port || !to_port) {
        return "a port is not a valid number up to 65535 without leading zeros";
    }
    header.source = *from;
    header.source.port = *from_port;
    header.destination = *to;
    header.destination.port = *to_port;
    return nullptr;
}

// Parses the line without "PROXY " and CR LF.
const char* read_v1_line(std::string_view line, ProxyHeader& header) {
    std::optional<std::string_view> rest = line;
    auto protocol = take_word(rest);
    if (*protocol == "UNKNOWN") {
        return nullptr;  // the rest must be ignored
    }
    if (*protocol == "TCP4" || *protocol == "TCP6") {
        return read_v1_addresses(rest, *protocol == "TCP4" ? 4 : 6, header);
    }
    return "the protocol is not one of TCP4, TCP6 and UNKNOWN";
}

ProxyReading read_v1(std::string_view text) {
    for (std::size_t i = v1_start.size(); i < text.size(); ++i) {
        if (i == v1_line_max - 1 && text[i] != '\n') {
            return malformed(ProxyVersion::v1, "the line is longer than 107 bytes");
        }
        const bool after_return = text[i - 1] == '\r';
        if (after_return && text[i] != '\n') {
            return malformed(ProxyVersion::v1, "a carriage return without a line feed");
        }
        if (after_return) {
            ProxyReading reading = verdict(Status::complete);
            reading.size = i + 1;
            std::string_view line = text.substr(v1_start.size(), i - 1 - v1_start.size());
            const char* error = read_v1_line(line, reading.header);
            return error == nullptr ? reading : malformed(ProxyVersion::v1, error);
        }
        if (text[i] != '\r' && (text[i] < ' ' || text[i] > '~')) {
            return malformed(ProxyVersion::v1, "a byte that is not printable ASCII, or a single line feed");
        }
    }
    return verdict(Status::more);
}

// --- version 2 ----------------------------------------------------------------------------------------------------

// Checks the TLVs. Returns the error, or null. `all` is the whole header, and `at` is their offset.
const char* check_tlvs(Bytes all, std::size_t at) {
    bool checked = false;
    while (at < all.size()) {
        if (all.size() - at < tlv_head_bytes) {
            return "an incomplete TLV at the end";
        }
        const std::uint8_t type = all[at];
        const auto bytes = static_cast<std::size_t>(load_be<2>(all.data() + at + 1));
        at += tlv_head_bytes;
        if (bytes > all.size() - at) {
            return "a TLV goes beyond the end of the header";
        }
        if (type == tlv_crc32c) {
            if (checked || bytes != crc_bytes) {
                return "the checksum occurs twice, or does not have 4 bytes";
            }
            checked = true;
            constexpr std::uint8_t zeros[crc_bytes] = {};
            std::uint32_t sum = crc32c(all.first(at));
            sum = crc32c(zeros, sum);
            sum = crc32c(all.subspan(at + crc_bytes), sum);
            if (sum != load_be<4>(all.data() + at)) {
                return "the checksum is wrong";
            }
        }
        at += bytes;
    }
    return nullptr;
}

std::size_t addresses_bytes(std::uint8_t family) {
    switch (family) {
        case family_ipv4:
            return 2 * 4 + 2 * 2;
        case family_ipv6:
            return 2 * 16 + 2 * 2;
        case family_unix:
            return unix_addresses_bytes;
        default:
            return 0;
    }
}

void read_v2_addresses(const std::uint8_t* at, std::uint8_t family, ProxyHeader& header) {
    const std::size_t bytes = family == 4 ? 4 : 16;
    header.source.family = header.destination.family = family;
    std::memcpy(header.source.bytes.data(), at, bytes);
    std::memcpy(header.destination.bytes.data(), at + bytes, bytes);
    header.source.port = static_cast<std::uint16_t>(load_be<2>(at + 2 * bytes));
    header.destination.port = static_cast<std::uint16_t>(load_be<2>(at + 2 * bytes + 2));
}

// The error of the 13th to 16th byte, or null. `head` has at least the 13th byte.
const char* fault_of_v2_head(Bytes head) {
    if (head[12] != v2_local && head[12] != v2_proxy) {
        return "neither version 2 nor one of the commands LOCAL and PROXY";
    }
    const bool local = head[12] == v2_local;
    if (head.size() > 13 && !local) {
        const auto family = static_cast<std::uint8_t>(head[13] >> 4);
        const auto transport = static_cast<std::uint8_t>(head[13] & 15);
        const bool both_or_none = (family == family_unspecified) == (transport == transport_unspecified);
        if (family > family_unix || transport > transport_datagram || !both_or_none) {
            return "a family or transport that is not defined";
        }
    }
    if (head.size() < v2_head_bytes) {
        return nullptr;
    }
    const auto bytes = static_cast<std::size_t>(load_be<2>(head.data() + 14));
    if (v2_head_bytes + bytes > limits::proxy_header_bytes_max) {
        return "it is larger than 4096 bytes";
    }
    return !local && bytes < addresses_bytes(head[13] >> 4) ? "it is too short for its addresses" : nullptr;
}

static_assert(limits::proxy_header_bytes_max == 4096, "a text above says so");

ProxyReading read_v2(Bytes received) {
    if (received.size() <= v2_signature.size()) {
        return verdict(Status::more, ProxyVersion::v2);
    }
    if (const char* error = fault_of_v2_head(received.first(std::min(received.size(), v2_head_bytes)))) {
        return malformed(ProxyVersion::v2, error);
    }
    if (received.size() < v2_head_bytes) {
        return verdict(Status::more, ProxyVersion::v2);
    }
    const std::size_t size = v2_head_bytes + static_cast<std::size_t>(load_be<2>(received.data() + 14));
    if (received.size() < size) {
        return verdict(Status::more, ProxyVersion::v2);
    }
    ProxyReading reading = verdict(Status::complete, ProxyVersion::v2);
    reading.size = size;
    reading.header.local = received[12] == v2_local;
    const auto family = static_cast<std::uint8_t>(received[13] >> 4);
    if (reading.header.local || family == family_unspecified) {
        return reading;  // the rest must be ignored, and the start of its TLVs is unknown
    }
    if (family == family_unix) {
        reading.header.unix_sockets = true;
    } else {
        read_v2_addresses(received.data() + v2_head_bytes, family == family_ipv4 ? 4 : 6, reading.header);
    }
    reading.header.datagrams = (received[13] & 15) == transport_datagram;
    const char* error = check_tlvs(received.first(size), v2_head_bytes + addresses_bytes(family));
    return error == nullptr ? reading : malformed(ProxyVersion::v2, error);
}

// --- writing ------------------------------------------------------------------------------------------------------

Address as_ipv6(const Address& address) {
    if (address.family != 4) {
        return address;
    }
    Address mapped;
    mapped.family = 6;
    mapped.port = address.port;
    mapped.bytes[10] = mapped.bytes[11] = 0xff;
    std::memcpy(mapped.bytes.data() + 12, address.bytes.data(), 4);
    return mapped;
}

struct Ends {
    Address source;
    Address destination;
    std::uint8_t family = 0;  // of both addresses; 0: none
};

Ends ends_of(const ProxyHeader& header) {
    Ends ends{header.source, header.destination, 0};
    if (header.local || header.unix_sockets || ends.source.size() == 0 || ends.destination.size() == 0) {
        return ends;
    }
    if (ends.source.family != ends.destination.family) {
        ends.source = as_ipv6(ends.source);
        ends.destination = as_ipv6(ends.destination);
    }
    ends.family = ends.source.family;
    return ends;
}

}  // namespace

ProxyReading read_proxy_header(Bytes received) {
    std::string_view text = as_text(received);
    if (v1_start.starts_with(text.substr(0, v1_start.size()))) {
        return text.size() <= v1_start.size() ? verdict(Status::more) : read_v1(text);
    }
    if (v2_signature.starts_with(text.substr(0, v2_signature.size()))) {
        return read_v2(received);
    }
    return verdict(Status::absent);
}

std::size_t write_proxy_v1(const ProxyHeader& header, std::uint8_t* at) {
    const Ends ends = ends_of(header);
    std::string line(v1_start);
    if (ends.family == 0) {
        line += "UNKNOWN";
    } else {
        line += ends.family == 4 ? "TCP4 " : "TCP6 ";
        line += ip_text(ends.source) + ' ' + ip_text(ends.destination) + ' ';
        line += std::to_string(ends.source.port) + ' ' + std::to_string(ends.destination.port);
    }
    line += "\r\n";
    check(line.size() <= proxy_written_max, "a line of the PROXY protocol fits its room");
    std::copy(line.begin(), line.end(), at);
    return line.size();
}

std::size_t write_proxy_v2(const ProxyHeader& header, std::uint8_t* at, bool with_checksum) {
    const Ends ends = ends_of(header);
    std::memcpy(at, v2_signature.data(), v2_signature.size());
    at[12] = header.local ? v2_local : v2_proxy;
    at[13] = 0;
    std::size_t size = v2_head_bytes;
    if (ends.family != 0) {
        const std::uint8_t transport = header.datagrams ? transport_datagram : transport_stream;
        at[13] = static_cast<std::uint8_t>((ends.family == 4 ? family_ipv4 : family_ipv6) << 4 | transport);
        const std::size_t bytes = ends.source.size();
        std::memcpy(at + size, ends.source.bytes.data(), bytes);
        std::memcpy(at + size + bytes, ends.destination.bytes.data(), bytes);
        store_be<2>(at + size + 2 * bytes, ends.source.port);
        store_be<2>(at + size + 2 * bytes + 2, ends.destination.port);
        size += 2 * bytes + 4;
    }
    const bool sum = with_checksum && ends.family != 0;  // without addresses it would be ignored
    const std::size_t sum_at = size + tlv_head_bytes;
    if (sum) {
        at[size] = tlv_crc32c;
        store_be<2>(at + size + 1, crc_bytes);
        store_be<4>(at + sum_at, 0);
        size = sum_at + crc_bytes;
    }
    store_be<2>(at + 14, size - v2_head_bytes);
    if (sum) {
        store_be<4>(at + sum_at, crc32c({at, size}));
    }
    return size;
}

}  // namespace ferrotunnel::net
