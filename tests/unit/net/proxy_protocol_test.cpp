#include "net/proxy_protocol.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "net/ip_text.hpp"
#include "support/seeded_random.hpp"
#include "unit/net/hello_builder.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;
using namespace ferrotunnel::test;

namespace {

using ReadingStatus = ProxyReading::Status;

const ByteVector signature = from_hex("0d0a0d0a000d0a515549540a");

std::string end_text(const Address& address) {
    return address.family == 0 ? "-" : ip_text(address) + "/" + std::to_string(address.port);
}

// What was read, in one line. Checks that the verdict falls at one prefix, and that what follows makes no difference.
std::string read(const ByteVector& bytes) {
    const ProxyReading whole = read_proxy_header(bytes);
    ProxyReading first;
    std::size_t decided = 0;
    while (first.status == ReadingStatus::more && decided < bytes.size()) {
        ++decided;
        first = read_proxy_header(ByteVector(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(decided)));
    }
    CHECK(first.status == whole.status);
    CHECK(first.size == whole.size);
    CHECK(first.header == whole.header);
    switch (whole.status) {
        case ReadingStatus::more:
            return "more";
        case ReadingStatus::absent:
            return "absent";
        case ReadingStatus::malformed:
            CHECK(std::string(first.error) == whole.error);
            return std::string("! ") + whole.error;
        case ReadingStatus::complete:
            CHECK(whole.size == decided);
            break;
    }
    return end_text(whole.header.source) + " " + end_text(whole.header.destination) +
           (whole.header.local ? " local" : "") + (whole.header.unix_sockets ? " unix" : "") +
           (whole.header.datagrams ? " datagrams" : "") + " in v" + std::to_string(static_cast<int>(whole.version)) +
           ", " + std::to_string(whole.size);
}

std::string v1(std::string_view text) {
    return read(bytes_of(text));
}

// Reads a header of version 2, given from its 13th byte on; puts its length in.
std::string v2(std::uint8_t command, std::uint8_t family, const ByteVector& rest) {
    return read(joined({signature, {command, family}, counted<2>(rest)}));
}

ByteVector tlv(std::uint8_t type, const ByteVector& value) {
    return joined({{type}, counted<2>(value)});
}

const ByteVector ends_v4 = from_hex("c0000201 c6336407 c738 01bb");
const ByteVector ends_v6 = from_hex("20010db8000000000000000000000001 20010db8000000000000000000000002 c738 01bb");

// A version 2 header with a checksum TLV between these TLVs; its value is the right one if none is given.
ByteVector with_checksum(const ByteVector& tlvs, const ByteVector& behind, std::int64_t value = -1) {
    ByteVector all =
        joined({signature, {0x21, 0x11}, counted<2>(joined({ends_v4, tlvs, tlv(3, ByteVector(4)), behind}))});
    const std::size_t at = 16 + ends_v4.size() + tlvs.size() + 3;
    store_be<4>(all.data() + at, value >= 0 ? static_cast<std::uint64_t>(value) : crc32c(all));
    return all;
}

template <typename Write>
ByteVector written(Write write) {
    ByteVector room(proxy_written_max);
    room.resize(write(room.data()));
    return room;
}

const ProxyHeader header_v4{{4, 51'000, {192, 0, 2, 1}}, {4, 443, {198, 51, 100, 7}}, false, false, false};

}  // namespace

TEST_CASE("PROXY protocol, version 1") {
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 51000 443\r\n") == "192.0.2.1/51000 198.51.100.7/443 in v1, 45");
    CHECK(v1("PROXY TCP6 2001:db8::1 2001:db8::2 51000 443\r\n") == "2001:db8::1/51000 2001:db8::2/443 in v1, 46");
    CHECK(v1("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 65535\r\nGET /") == "::ffff:192.0.2.1/0 ::1/65535 in v1, 41");
    CHECK(v1("PROXY UNKNOWN\r\n") == "- - in v1, 15");
    CHECK(v1("PROXY UNKNOWN whatever it  says\r\nx") == "- - in v1, 33");
}

TEST_CASE("PROXY protocol, version 1: a line of 107 bytes at most") {
    const std::string longest =
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    REQUIRE(longest.size() == 104);
    CHECK(v1(longest).ends_with("in v1, 104"));
    const std::string unknown = "PROXY UNKNOWN " + std::string(91, 'x');
    CHECK(v1(unknown + "\r\n") == "- - in v1, 107");
    CHECK(v1(unknown + "x\r\n") == "! the line is longer than 107 bytes");
    CHECK(v1(unknown + "xx") == "! the line is longer than 107 bytes");
    CHECK(v1(unknown) == "more");
}

TEST_CASE("PROXY protocol, version 1: what breaks its grammar") {
    const std::string words = "! not two addresses and two ports, with one space before each";
    const std::string address = "! an address does not belong to the named family";
    const std::string port = "! a port is not a valid number up to 65535 without leading zeros";
    const std::string protocol = "! the protocol is not one of TCP4, TCP6 and UNKNOWN";
    const std::string byte = "! a byte that is not printable ASCII, or a single line feed";
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 51000\r\n") == words);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 51000 443 \r\n") == words);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 51000 443 1\r\n") == words);
    CHECK(v1("PROXY TCP4\r\n") == words);
    CHECK(v1("PROXY TCP4  192.0.2.1 198.51.100.7 51000 443\r\n") == words);
    CHECK(v1("PROXY TCP4  192.0.2.1 198.51.100.7 51000\r\n") == address);
    CHECK(v1("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n") == address);
    CHECK(v1("PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n") == address);
    CHECK(v1("PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n") == address);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n") == port);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 1 65536\r\n") == port);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7 -1 2\r\n") == port);
    CHECK(v1("PROXY TCP4 192.0.2.1 198.51.100.7  2\r\n") == port);
    CHECK(v1("PROXY tcp4 192.0.2.1 198.51.100.7 1 2\r\n") == protocol);
    CHECK(v1("PROXY UNKNOWNX\r\n") == protocol);
    CHECK(v1("PROXY  TCP4 192.0.2.1 198.51.100.7 1 2\r\n") == protocol);
    CHECK(v1("PROXY \r\n") == protocol);
    CHECK(v1("PROXY UNKNOWN\n") == byte);
    CHECK(v1("PROXY UNKNOWN \t\r\n") == byte);
    CHECK(v1("PROXY UNKNOWN \xc3\xa9\r\n") == byte);
    CHECK(read(joined({bytes_of("PROXY UNKNOWN "), {0}})) == byte);
    CHECK(v1("PROXY UNKNOWN\r\r\n") == "! a carriage return without a line feed");
    CHECK(v1("PROXY UNKNOWN\rx") == "! a carriage return without a line feed");
}

TEST_CASE("PROXY protocol: what does not begin with a header") {
    CHECK(v1("GET / HTTP/1.1\r\n") == "absent");
    CHECK(v1("PROXYTCP4 ") == "absent");
    CHECK(v1("proxy TCP4 ") == "absent");
    CHECK(v1("PROPFIND / HTTP/1.1\r\n") == "absent");
    CHECK(v1("\r\n\r\nGET") == "absent");
    CHECK(read(record({1, 2, 3})) == "absent");
    for (std::string_view start : {"", "P", "PROXY", "PROXY ", "\r", "\r\n\r\n"}) {
        CHECK(v1(start) == "more");
    }
    CHECK(read(signature) == "more");
}

TEST_CASE("PROXY protocol, version 2") {
    CHECK(v2(0x21, 0x11, ends_v4) == "192.0.2.1/51000 198.51.100.7/443 in v2, 28");
    CHECK(v2(0x21, 0x12, ends_v4) == "192.0.2.1/51000 198.51.100.7/443 datagrams in v2, 28");
    CHECK(v2(0x21, 0x21, ends_v6) == "2001:db8::1/51000 2001:db8::2/443 in v2, 52");
    CHECK(v2(0x21, 0x31, ByteVector(216, 'x')) == "- - unix in v2, 232");
    CHECK(v2(0x21, 0x00, {}) == "- - in v2, 16");
    CHECK(v2(0x21, 0x00, {1, 2, 3}) == "- - in v2, 19");
    CHECK(v2(0x20, 0x00, {}) == "- - local in v2, 16");
    CHECK(v2(0x20, 0x11, ends_v4) == "- - local in v2, 28");
    CHECK(v2(0x20, 0xff, {1}) == "- - local in v2, 17");  // with LOCAL, the family and the rest are to be ignored
}

TEST_CASE("PROXY protocol, version 2: what breaks its rules") {
    const std::string command = "! neither version 2 nor one of the commands LOCAL and PROXY";
    const std::string family = "! a family or transport that is not defined";
    const std::string few = "! it is too short for its addresses";
    for (std::uint8_t wrong : from_hex("00 01 11 22 2f 31 ff")) {
        CHECK(v2(wrong, 0x11, ends_v4) == command);
    }
    for (std::uint8_t wrong : from_hex("01 02 10 13 20 30 33 41 ff")) {
        CHECK(v2(0x21, wrong, ends_v6) == family);
    }
    CHECK(v2(0x21, 0x11, ByteVector(11)) == few);
    CHECK(v2(0x21, 0x21, ByteVector(35)) == few);
    CHECK(v2(0x21, 0x31, ByteVector(215)) == few);
    CHECK(v2(0x21, 0x11, {}) == few);
}

TEST_CASE("PROXY protocol, version 2: 4 KiB at most") {
    const std::size_t room = limits::proxy_header_bytes_max - 16;
    CHECK(v2(0x21, 0x11, joined({ends_v4, tlv(4, ByteVector(room - 12 - 3))})) ==
          "192.0.2.1/51000 198.51.100.7/443 in v2, 4096");
    CHECK(v2(0x21, 0x11, ByteVector(room + 1)) == "! it is larger than 4096 bytes");
    CHECK(v2(0x20, 0x00, ByteVector(room)) == "- - local in v2, 4096");
    CHECK(v2(0x20, 0x00, ByteVector(room + 1)) == "! it is larger than 4096 bytes");
    CHECK(read(joined({signature, {0x21, 0x11, 0xff, 0xff}})) == "! it is larger than 4096 bytes");
}

TEST_CASE("PROXY protocol, version 2: TLVs fill their room exactly") {
    const std::string fine = "192.0.2.1/51000 198.51.100.7/443 in v2, ";
    CHECK(v2(0x21, 0x11, joined({ends_v4, tlv(1, bytes_of("h2")), tlv(2, bytes_of("a.example")), tlv(4, {})})) ==
          fine + "48");
    CHECK(v2(0x21, 0x11, joined({ends_v4, {4}})) == "! an incomplete TLV at the end");
    CHECK(v2(0x21, 0x11, joined({ends_v4, {4, 0}})) == "! an incomplete TLV at the end");
    CHECK(v2(0x21, 0x11, joined({ends_v4, {4, 0, 1}})) == "! a TLV goes beyond the end of the header");
    CHECK(v2(0x21, 0x31, joined({ByteVector(216), {4, 0, 1}})) == "! a TLV goes beyond the end of the header");
}

TEST_CASE("PROXY protocol, version 2: a checksum is checked") {
    const std::string fine = "192.0.2.1/51000 198.51.100.7/443 in v2, ";
    CHECK(read(with_checksum({}, {})) == fine + "35");
    CHECK(read(with_checksum(tlv(1, bytes_of("h2")), tlv(4, {1, 2, 3}))) == fine + "46");
    CHECK(read(with_checksum({}, {}, 0)) == "! the checksum is wrong");
    ByteVector changed = with_checksum({}, {});
    for (std::size_t at = 16; at < 28; ++at) {
        changed[at] ^= 1;
        CHECK(read(changed) == "! the checksum is wrong");
        changed[at] ^= 1;
    }
    CHECK(read(with_checksum({}, tlv(3, ByteVector(4)))) == "! the checksum occurs twice, or does not have 4 bytes");
    CHECK(v2(0x21, 0x11, joined({ends_v4, tlv(3, {1, 2, 3})})) ==
          "! the checksum occurs twice, or does not have 4 "
          "bytes");
}

TEST_CASE("PROXY headers are written with exactly these bytes") {
    const auto line = [](const ProxyHeader& header) {
        return std::string(as_text(written([&](auto* at) { return write_proxy_v1(header, at); })));
    };
    CHECK(line(header_v4) == "PROXY TCP4 192.0.2.1 198.51.100.7 51000 443\r\n");
    CHECK(line({}) == "PROXY UNKNOWN\r\n");

    const auto binary = [](const ProxyHeader& header, bool sum) {
        return to_hex(written([&](auto* at) { return write_proxy_v2(header, at, sum); }));
    };
    const std::string start = to_hex(signature);
    CHECK(binary(header_v4, false) == start + hex("21 11 000c c0000201 c6336407 c738 01bb"));
    CHECK(binary({}, false) == start + hex("21 00 0000"));
    CHECK(binary({}, true) == start + hex("21 00 0000"));
    CHECK(binary({.source = {}, .destination = {}, .local = true, .unix_sockets = false, .datagrams = false}, false) ==
          start + hex("20 00 0000"));

    CHECK(binary(header_v4, true) == start + hex("21 11 0013 c0000201 c6336407 c738 01bb 030004 6f0f35f2"));

    ProxyHeader mixed = header_v4;
    mixed.destination = {6, 443, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    CHECK(line(mixed) == "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 51000 443\r\n");
    CHECK(binary(mixed, false) == start + hex("21 21 0024 00000000000000000000ffffc0000201 "
                                              "20010db8000000000000000000000001 c738 01bb"));
}

TEST_CASE("PROXY headers that are written are read again") {
    SeededRandom random(3);
    for (int round = 0; round < 2'000; ++round) {
        ProxyHeader header;
        header.datagrams = random.chance(20);
        const std::uint8_t family = random.chance(50) ? 4 : 6;
        for (Address* end : {&header.source, &header.destination}) {
            end->family = family;
            end->port = static_cast<std::uint16_t>(random.below(65'536));
            random.fill(MutableBytes(end->bytes).first(end->size()));
        }
        ByteVector bytes = written([&](auto* at) { return write_proxy_v2(header, at, random.chance(50)); });
        bytes.push_back('x');
        ProxyReading reading = read_proxy_header(bytes);
        REQUIRE(reading.status == ReadingStatus::complete);
        REQUIRE(reading.size == bytes.size() - 1);
        REQUIRE(reading.header == header);

        header.datagrams = false;
        bytes = written([&](auto* at) { return write_proxy_v1(header, at); });
        reading = read_proxy_header(bytes);
        REQUIRE(reading.status == ReadingStatus::complete);
        REQUIRE(reading.size == bytes.size());
        REQUIRE(reading.header == header);
    }
}
