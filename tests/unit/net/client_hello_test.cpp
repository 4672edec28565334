#include "net/client_hello.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/seeded_random.hpp"
#include "unit/net/hello_builder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;
using namespace ferrotunnel::test;

namespace {

using HelloStatus = ClientHelloReader::Status;
using Foreign = ClientHelloReader::Foreign;

// The verdict in one word, or the error. Checks that all bytes at once and byte by byte come to the same, and that what
// follows a prefix that was decided makes no difference.
std::string hello_verdict(const ByteVector& bytes) {
    ClientHelloReader whole;
    const HelloStatus status = whole.examine(bytes);

    ClientHelloReader slow;
    HelloStatus slow_status = HelloStatus::more;
    for (std::size_t i = 1; i <= bytes.size() && slow_status == HelloStatus::more; ++i) {
        const ByteVector prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i));  // so that ASan sees it
        slow_status = slow.examine(prefix);
    }
    CHECK(status == slow_status);
    CHECK(whole.hello() == slow.hello());
    CHECK(whole.error() == slow.error());
    CHECK(whole.foreign() == slow.foreign());

    switch (status) {
        case HelloStatus::more:
            return "more";
        case HelloStatus::complete: {
            std::string text = whole.hello().server_name;
            for (const std::string& protocol : whole.hello().protocols) {
                text += " " + protocol;
            }
            return text;
        }
        case HelloStatus::not_tls:
            return whole.foreign() == Foreign::http             ? "not TLS: http"
                   : whole.foreign() == Foreign::proxy_protocol ? "not TLS: proxy protocol"
                                                                : "not TLS";
        case HelloStatus::malformed:
            return "! " + whole.error();
    }
    return {};
}

// The verdict on one message in one record.
std::string verdict_of(std::initializer_list<ByteVector> extensions) {
    return hello_verdict(record(hello_message(extensions)));
}

std::string with(const HelloParts& parts) {
    return hello_verdict(record(hello_message({server_name("a.example")}, parts)));
}

const ByteVector usual = hello_message(
    {extension(0x2a2a, {}), server_name("App.Example.com"), extension(23, {}), alpn({"h2", "http/1.1"}), padding(100)});

}  // namespace

TEST_CASE("a ClientHello gives its name and protocols") {
    CHECK(hello_verdict(record(usual)) == "app.example.com h2 http/1.1");
    CHECK(verdict_of({server_name("a.example")}) == "a.example");
    CHECK(verdict_of({alpn({"h2"})}) == " h2");
    CHECK(verdict_of({padding(4)}) == "");
    CHECK(verdict_of({}) == "");
    CHECK(hello_verdict(record(message(hello_front()))) == "");  // without extensions at all
    CHECK(verdict_of({server_name("EXAMPLE.com.")}) == "example.com");
}

TEST_CASE("a CA's ClientHello offers acme-tls/1 and nothing else") {
    const auto is_from_ca = [](std::initializer_list<std::string_view> protocols) {
        ClientHelloReader reader;
        REQUIRE(reader.examine(record(hello_message({server_name("app.example.com"), alpn(protocols)}))) ==
                HelloStatus::complete);
        const ByteVector header_and_value = alpn(protocols);
        CHECK(is_ca_extension(Bytes(header_and_value).subspan(4)) == reader.hello().is_from_ca());
        return reader.hello().is_from_ca();
    };
    CHECK(is_from_ca({"acme-tls/1"}));
    CHECK_FALSE(is_from_ca({"acme-tls/1", "h2"}));
    CHECK_FALSE(is_from_ca({"h2", "acme-tls/1"}));
    CHECK_FALSE(is_from_ca({"acme-tls/10"}));
    CHECK_FALSE(is_from_ca({"ACME-TLS/1"}));
    ClientHelloReader without;
    REQUIRE(without.examine(record(hello_message({server_name("app.example.com")}))) == HelloStatus::complete);
    CHECK_FALSE(without.hello().is_from_ca());
    CHECK_FALSE(is_ca_extension({}));
}

TEST_CASE("what follows a ClientHello is not looked at") {
    CHECK(hello_verdict(joined({record(usual), record({1}, 20), {0xff, 0xff}})) == "app.example.com h2 http/1.1");
    CHECK(hello_verdict(joined({record(usual), ByteVector(100'000)})) == "app.example.com h2 http/1.1");
}

TEST_CASE("a ClientHello may be spread over records of any size") {
    for (std::size_t bytes = 1; bytes <= usual.size(); ++bytes) {
        REQUIRE(hello_verdict(in_records(usual, bytes)) == "app.example.com h2 http/1.1");
    }
    const ByteVector large = hello_message({padding(40'000), server_name("large.example")});
    CHECK(hello_verdict(in_records(large, 1 << 14)) == "large.example");
}

TEST_CASE("a ClientHello in random records and random pieces") {
    SeededRandom random(7);
    for (int round = 0; round < 300; ++round) {
        ByteVector stream;
        for (std::size_t at = 0; at < usual.size();) {
            std::size_t bytes = std::min<std::size_t>(random.between(1, 60), usual.size() - at);
            auto begin = usual.begin() + static_cast<std::ptrdiff_t>(at);
            ByteVector one = record(ByteVector(begin, begin + static_cast<std::ptrdiff_t>(bytes)));
            stream.insert(stream.end(), one.begin(), one.end());
            at += bytes;
        }
        ClientHelloReader reader;
        HelloStatus status = HelloStatus::more;
        for (std::size_t have = 0; have < stream.size();) {
            REQUIRE(status == HelloStatus::more);
            have = std::min<std::size_t>(stream.size(), have + random.between(1, 50));
            status = reader.examine(Bytes(stream).first(have));
        }
        REQUIRE(status == HelloStatus::complete);
        REQUIRE(reader.hello() == ClientHello{"app.example.com", {"h2", "http/1.1"}});
    }
}

TEST_CASE("every prefix of a ClientHello wants more") {
    const ByteVector stream = in_records(usual, 50);
    for (std::size_t i = 0; i < stream.size(); ++i) {
        ClientHelloReader reader;
        REQUIRE(reader.examine(Bytes(stream).first(i)) == HelloStatus::more);
    }
}

TEST_CASE("what is no TLS is told at once, with a guess") {
    CHECK(hello_verdict(bytes_of("GET / HTTP/1.1\r\n")) == "not TLS: http");
    CHECK(hello_verdict(bytes_of("POST /")) == "not TLS: http");
    CHECK(hello_verdict(bytes_of("VERSION-CONTROL /")) == "not TLS: http");
    CHECK(hello_verdict(bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == "not TLS: http");
    CHECK(hello_verdict(bytes_of("GET")) == "more");
    CHECK(hello_verdict(bytes_of("SSH-2.0-OpenSSH_9.2\r\n")) == "not TLS");
    CHECK(hello_verdict(bytes_of("UPDATEREDIRECTREF /")) == "not TLS: http");
    CHECK(hello_verdict(bytes_of("ABCDEFGHIJKLMNOPQR ")) == "not TLS");
    CHECK(hello_verdict(bytes_of("get / HTTP/1.1\r\n")) == "not TLS");
    CHECK(hello_verdict(bytes_of("PROXY TCP4 ")) == "not TLS: proxy protocol");
    CHECK(hello_verdict({'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'}) ==
          "not TLS: proxy protocol");
    CHECK(hello_verdict(bytes_of("\r\n\r")) == "more");
    CHECK(hello_verdict(bytes_of("\r\nGET")) == "not TLS");
    CHECK(hello_verdict({0}) == "not TLS");
    CHECK(hello_verdict({22, 2}) == "not TLS");
    CHECK(hello_verdict({22, 0xfe, 0xfd}) == "not TLS");                // DTLS
    CHECK(hello_verdict({0x80, 0x2e, 1, 3, 1, 0, 0x15}) == "not TLS");  // a ClientHello in the form of SSL 2
    CHECK(hello_verdict({}) == "more");
}

TEST_CASE("records that cannot be of a ClientHello") {
    CHECK(hello_verdict(record({})) == "! a record of 0 bytes");
    CHECK(hello_verdict({22, 3, 1, 0x40, 0}) == "more");
    CHECK(hello_verdict({22, 3, 1, 0x40, 1}) == "! a record of 16385 bytes");
    const ByteVector front(usual.begin(), usual.begin() + 20);
    CHECK(hello_verdict(joined({record(front), record({2, 40}, 21)})) ==
          "! a record of another kind is inside the ClientHello");
    CHECK(hello_verdict(joined({record(front), {22, 2, 1, 0, 1}})) ==
          "! a record of another kind is inside the ClientHello");
    CHECK(hello_verdict(record(message(hello_front(), 2))) == "! the first handshake message is not a ClientHello");
    CHECK(hello_verdict(record(joined({usual, {20}}))) == "! its record has more data after it");
    CHECK(hello_verdict(record(joined({usual, usual}))) == "! its record has more data after it");
}

TEST_CASE("a ClientHello has 64 KiB at most, records included") {
    const std::size_t around = hello_message({padding(0), server_name("a.example")}).size();
    // The message takes records of 16 KiB: four heads of 5 bytes.
    const std::size_t most = limits::client_hello_bytes_max - 4 * 5 - around;
    CHECK(hello_verdict(in_records(hello_message({padding(most), server_name("a.example")}), 1 << 14)) == "a.example");
    CHECK(hello_verdict(in_records(hello_message({padding(most + 1), server_name("a.example")}), 1 << 14)) ==
          "! it is larger than 65536 bytes");
    // It is refused as soon as its length is known.
    CHECK(hello_verdict({22, 3, 1, 0x40, 0, 1, 1, 0, 0}) == "! it is larger than 65536 bytes");
    // Many small records are many heads.
    CHECK(hello_verdict(in_records(hello_message({padding(12'000)}), 1)) == "! it is larger than 65536 bytes");
    CHECK(hello_verdict(in_records(hello_message({padding(10'000), server_name("a.example")}), 1)) == "a.example");
}

TEST_CASE("fields before the extensions") {
    CHECK(with({.version = {3, 1}}) == "a.example");
    CHECK(with({.version = {2, 0}}) == "! its version is not a TLS version");
    CHECK(with({.session_id = {}}) == "a.example");
    CHECK(with({.session_id = ByteVector(33)}) == "! its session id is longer than 32 bytes");
    CHECK(with({.suites = {}}) == "! its list of cipher suites is empty, or has half a suite");
    CHECK(with({.suites = {1, 2, 3}}) == "! its list of cipher suites is empty, or has half a suite");
    CHECK(with({.compressions = {}}) == "! it does not offer the null compression method");
    CHECK(with({.compressions = {1}}) == "! it does not offer the null compression method");
    CHECK(with({.compressions = {1, 0}}) == "a.example");
    CHECK(hello_verdict(record(message({}))) == "! it is shorter than its own lengths say");
    ByteVector front = hello_front();
    front.pop_back();
    CHECK(hello_verdict(record(message(front))) == "! it is shorter than its own lengths say");
}

TEST_CASE("lengths of extensions agree with each other") {
    const ByteVector front = hello_front();
    const std::string disagree = "! the lengths of its extensions disagree";
    const ByteVector name = server_name("a.example");
    CHECK(hello_verdict(record(message(joined({front, {0}})))) == disagree);
    CHECK(hello_verdict(record(message(joined({front, number<2>(name.size() + 1), name})))) == disagree);
    CHECK(hello_verdict(record(message(joined({front, number<2>(name.size() - 1), name})))) == disagree);
    CHECK(hello_verdict(record(message(joined({front, counted<2>(name), {0}})))) == disagree);
    CHECK(verdict_of({name, {0}}) == disagree);
    CHECK(verdict_of({name, {0, 5, 0}}) == disagree);
    CHECK(verdict_of({name, {0, 5, 0, 1}}) == disagree);
}

TEST_CASE("an extension that occurs twice is refused") {
    CHECK(verdict_of({server_name("a.example"), server_name("b.example")}) == "! extension 0 occurs twice");
    CHECK(verdict_of({server_name("a.example"), server_name("a.example")}) == "! extension 0 occurs twice");
    CHECK(verdict_of({alpn({"h2"}), alpn({"h2"})}) == "! extension 16 occurs twice");
    CHECK(verdict_of({extension(0xffff, {}), extension(0xffff, {})}) == "! extension 65535 occurs twice");
}

TEST_CASE("exactly one server name, and a host name") {
    CHECK(verdict_of({extension(0, {})}) == "! the server name is in a list that is empty, or whose lengths disagree");
    CHECK(verdict_of({extension(0, {0, 0})}) ==
          "! the server name is in a list that is empty, or whose lengths disagree");
    CHECK(verdict_of({extension(0, joined({counted<2>(name_entry("a.example")), {0}}))}) ==
          "! the server name is in a list that is empty, or whose lengths disagree");
    CHECK(verdict_of({extension(0, counted<2>(joined({name_entry("a.example"), name_entry("b.example")})))}) ==
          "! the server name is not the only one");
    CHECK(verdict_of({extension(0, counted<2>(joined({name_entry("a.example"), {0}})))}) ==
          "! the server name is not the only one");
    CHECK(verdict_of({extension(0, counted<2>(name_entry("a.example", 1)))}) ==
          "! the server name is not of the type host name");
    CHECK(verdict_of({extension(0, counted<2>({0, 0, 9, 'a'}))}) ==
          "! the server name is shorter than its length says");
    CHECK(verdict_of({server_name("")}) == "! the server name is empty");
    CHECK(verdict_of({server_name(std::string_view("a.example\0.evil", 15))}) ==
          "! the server name has a character that is not valid in a host name");
    CHECK(verdict_of({server_name("192.0.2.1")}) == "! the server name is an address, or ends like one");
    CHECK(verdict_of({server_name("2001:db8::1")}) ==
          "! the server name has a character that is not valid in a host "
          "name");
    CHECK(verdict_of({server_name(std::string(254, 'a'))}) == "! the server name is longer than 253 bytes");
    CHECK(verdict_of({server_name("*.example")}) ==
          "! the server name has a character that is not valid in a host "
          "name");
}

TEST_CASE("the list of protocols") {
    const std::string empty_list = "! the list of protocols (ALPN) is empty, or its lengths disagree";
    const std::string empty_name = "! a name in the list of protocols (ALPN) is empty, or its lengths disagree";
    CHECK(verdict_of({extension(16, {})}) == empty_list);
    CHECK(verdict_of({extension(16, {0, 0})}) == empty_list);
    CHECK(verdict_of({extension(16, {0, 3, 2, 'h', '2', 0})}) == empty_list);
    CHECK(verdict_of({alpn({""})}) == empty_name);
    CHECK(verdict_of({extension(16, {0, 3, 3, 'h', '2'})}) == empty_name);
    CHECK(verdict_of({alpn({std::string_view("\0\xff", 2)})}) == std::string(" \0\xff", 3));

    ByteVector list;
    for (std::size_t i = 0; i < limits::client_hello_protocols_max; ++i) {
        list.insert(list.end(), {1, 'x'});
    }
    CHECK(verdict_of({extension(16, counted<2>(list))}).size() == 2 * limits::client_hello_protocols_max);
    list.insert(list.end(), {1, 'x'});
    CHECK(verdict_of({extension(16, counted<2>(list))}) == "! there are more than 64 protocols (ALPN)");
}
