#include "peers/visitor_header.hpp"

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "unit/wire/hex.hpp"
#include "wire/cbor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using ferrotunnel::test::from_hex;
using ferrotunnel::test::to_hex;

namespace {

constexpr login::TokenId one_token{1, 2, 3, 4, 5, 6, 7, 8};
constexpr login::TokenId other_token{0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0};

VisitorHeader longest_header() {
    VisitorHeader header;
    header.https = true;
    header.trusted = true;
    header.key_group = KeyGroup::hybrid;
    header.certificate = true;
    header.host.assign(limits::open_host_max, 'h');
    header.service.assign(limits::service_name_max, 's');
    header.of_token = one_token;
    header.by_token = other_token;
    return header;
}

// One pair, behind one that a later version may send.
std::optional<VisitorHeader> read_pair(const std::string& key,
                                       const std::function<void(wire::cbor::Writer&)>& write_value) {
    wire::cbor::Writer writer;
    writer.map(2).text("later").array(1).unsigned_integer(7);
    write_value(writer.text(key));
    return read_visitor_header(writer.take());
}

std::optional<VisitorHeader> read_text(const std::string& key, const std::string& value) {
    return read_pair(key, [&](wire::cbor::Writer& writer) { writer.text(value); });
}

}  // namespace

TEST_CASE("a header without facts has no bytes", "[peers]") {
    CHECK(encode_visitor_header({}).empty());
    CHECK(read_visitor_header({}) == VisitorHeader());
    CHECK(read_visitor_header(from_hex("a0")) == VisitorHeader());
}

TEST_CASE("headers have these bytes in every version", "[peers]") {
    VisitorHeader http;
    http.https = true;
    http.trusted = true;
    http.key_group = KeyGroup::x25519;
    CHECK(to_hex(encode_visitor_header(http)) ==
          "a3"
          "656874747073f5"                    // https: true
          "6774727573746564f5"                // trusted: true
          "696b65795f67726f7570667832353531"  // key_group: x25519
          "39");
    VisitorHeader certified;
    certified.certificate = true;
    CHECK(to_hex(encode_visitor_header(certified)) == "a16b6365727469666963617465f5");  // certificate: true
    VisitorHeader tls;
    tls.host = "a.example";
    CHECK(to_hex(encode_visitor_header(tls)) == "a164686f737469612e6578616d706c65");
    VisitorHeader visit;
    visit.service = "db";
    visit.of_token = one_token;
    visit.by_token = other_token;
    CHECK(to_hex(encode_visitor_header(visit)) ==
          "a3"
          "6773657276696365626462"
          "686f665f746f6b656e480102030405060708"
          "6862795f746f6b656e48ff00ff00ff00ff00");
    for (const VisitorHeader& header : {http, certified, tls, visit}) {
        CHECK(read_visitor_header(encode_visitor_header(header)) == header);
    }
}

TEST_CASE("the longest header fits", "[peers]") {
    const VisitorHeader longest = longest_header();
    const std::vector<std::uint8_t> bytes = encode_visitor_header(longest);
    CHECK(bytes.size() <= limits::open_metadata_max);
    CHECK(read_visitor_header(bytes) == longest);

    // A header with more than the limit is refused, even if only unknown keys exceed it.
    const auto padded = [](std::size_t padding) {
        wire::cbor::Writer writer;
        writer.map(1).text("later").bytes(std::vector<std::uint8_t>(padding));
        return writer.take();
    };
    constexpr std::size_t around = 1 + 6 + 3;
    CHECK(padded(limits::open_metadata_max - around).size() == limits::open_metadata_max);
    CHECK(read_visitor_header(padded(limits::open_metadata_max - around)) == VisitorHeader());
    CHECK_FALSE(read_visitor_header(padded(limits::open_metadata_max - around + 1)));
}

TEST_CASE("texts that cannot be sent are changed, not left out", "[peers]") {
    VisitorHeader header;
    header.host = "a\nb";
    header.service.assign(limits::service_name_max + 1, 's');
    const auto back = read_visitor_header(encode_visitor_header(header));
    REQUIRE(back);
    CHECK(back->host == "a?b");
    CHECK(back->service == std::string(limits::service_name_max, 's'));
}

TEST_CASE("the group of keys is sent by its name", "[peers]") {
    for (const KeyGroup group :
         {KeyGroup::none, KeyGroup::hybrid, KeyGroup::x25519, KeyGroup::p256, KeyGroup::p384, KeyGroup::other}) {
        VisitorHeader header;
        header.key_group = group;
        CHECK(read_visitor_header(encode_visitor_header(header)) == header);
    }
    const auto later = read_text("key_group", "SecP384r1MLKEM1024");
    REQUIRE(later);
    CHECK(later->key_group == KeyGroup::other);
}

TEST_CASE("unknown keys are ignored", "[peers]") {
    const auto header = read_text("host", "a.example");
    REQUIRE(header);
    CHECK(header->host == "a.example");
    CHECK(read_text("Host", "a.example") == VisitorHeader());
}

TEST_CASE("a known key with another form refuses the visitor", "[peers]") {
    const auto number = [](wire::cbor::Writer& writer) { writer.unsigned_integer(1); };
    for (const char* key :
         {"https", "trusted", "key_group", "certificate", "host", "service", "of_token", "by_token"}) {
        INFO(key);
        CHECK_FALSE(read_pair(key, number));
        CHECK_FALSE(read_pair(key, [](wire::cbor::Writer& writer) { writer.null(); }));
    }
    const std::pair<const char*, std::size_t> texts[] = {{"key_group", limits::session_text_max},
                                                         {"host", limits::open_host_max},
                                                         {"service", limits::service_name_max}};
    for (const auto& [key, bytes_max] : texts) {
        INFO(key);
        CHECK(read_text(key, std::string(bytes_max, 'a')));
        CHECK_FALSE(read_text(key, std::string(bytes_max + 1, 'a')));
        CHECK_FALSE(read_text(key, ""));
        CHECK_FALSE(read_text(key, "a\nb"));
    }
    for (const char* key : {"of_token", "by_token"}) {
        for (const std::size_t size : {7, 8, 9}) {
            const auto header =
                read_pair(key, [&](wire::cbor::Writer& writer) { writer.bytes(std::vector<std::uint8_t>(size)); });
            CHECK(header.has_value() == (size == 8));
        }
    }
}

TEST_CASE("bytes that are not a map are refused", "[peers]") {
    for (const char* bytes : {"ff", "80", "01", "a1", "a16568747470", "a0a0", "a2656874747073f5656874747073f5"}) {
        INFO(bytes);
        CHECK_FALSE(read_visitor_header(from_hex(bytes)));
    }
}
