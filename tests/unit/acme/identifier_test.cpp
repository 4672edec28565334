#include "acme/identifier.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "acme/limits.hpp"
#include "long_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

std::string identifier_text(const char* text) {
    const auto identifier = read_identifier(text);
    return identifier ? std::string(identifier->type_name()) + ":" + identifier->value : "";
}

}  // namespace

TEST_CASE("hosts, wildcards and addresses are identifiers in normal form") {
    CHECK(identifier_text("App.Example.COM.") == "dns:app.example.com");
    CHECK(identifier_text("*.Example.com") == "dns:*.example.com");
    CHECK(identifier_text("xn--bcher-kva.example") == "dns:xn--bcher-kva.example");
    CHECK(identifier_text("192.0.2.1") == "ip:192.0.2.1");
    CHECK(identifier_text("2001:DB8:0:0:0:0:0:1") == "ip:2001:db8::1");
    CHECK(identifier_text("::ffff:0:1:2") == "ip:::ffff:0:1:2");
    CHECK(read_identifier("*.example.com")->is_wildcard());
    CHECK_FALSE(read_identifier("example.com")->is_wildcard());
    CHECK(read_identifier(host_of_length(253)));
}

TEST_CASE("what no CA issues for is not an identifier") {
    for (const char* text : {"",
                             ".",
                             "com",
                             "*.com",
                             "localhost",
                             "LOCALHOST.",
                             "app.localhost",
                             "*.localhost",
                             "printer.local",
                             "a.invalid",
                             "a.onion",
                             "1.2.0.192.in-addr.arpa",
                             "_wildcard.example.com",
                             "*.1.2.3.4",
                             "a.1",
                             "*",
                             "**.example.com",
                             "*.*.example.com",
                             "a.*.example.com",
                             "*example.com",
                             "a_b.example.com",
                             "a b.example.com",
                             "example.com:443",
                             "example..com",
                             "-a.example.com",
                             "a/../b.example.com",
                             "1.2.3",
                             "1.2.3.4.",
                             "1.2.3.256",
                             "01.2.3.4",
                             "[::1]",
                             "fe80::1%eth0",
                             "::ffff:192.0.2.1",
                             "0.0.0.0",
                             "::",
                             "example.com\n",
                             "b\xc3\xbc"
                             "cher.example"}) {
        CAPTURE(text);
        CHECK(identifier_text(text).empty());
    }
    CHECK_FALSE(read_identifier(host_of_length(254)));
    CHECK_FALSE(read_identifier(std::string("a.example\0.com", 14)));
}

TEST_CASE("server names of TLS-ALPN-01") {
    CHECK(read_identifier("app.example.com")->alpn_server_name() == "app.example.com");
    CHECK(read_identifier("192.0.2.17")->alpn_server_name() == "17.2.0.192.in-addr.arpa");
    CHECK(read_identifier("2001:db8::1")->alpn_server_name() ==
          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    CHECK(Identifier{Identifier::Type::ip, "no address"}.alpn_server_name().empty());
}

TEST_CASE("names of files") {
    CHECK(file_name_of(*read_identifier("app.example.com")) == "app.example.com");
    CHECK(file_name_of(*read_identifier("*.example.com")) == "_wildcard.example.com");
    CHECK(file_name_of(*read_identifier("2001:db8::1")) == "2001-db8--1");
    CHECK(file_name_of(*read_identifier("192.0.2.1")) == "192.0.2.1");
}

TEST_CASE("limit: names of files are shortened", "[limits]") {
    const std::string longest = host_of_length(acme::limits::file_name_max);
    CHECK(file_name_of(*read_identifier(longest)) == longest);
    const std::string first = file_name_of(*read_identifier(host_of_length(acme::limits::file_name_max + 1)));
    const std::string second = file_name_of(*read_identifier(host_of_length(acme::limits::file_name_max + 2)));
    const std::string wildcard = file_name_of(*read_identifier("*." + longest));
    CHECK((first.size() == acme::limits::file_name_max && second.size() == acme::limits::file_name_max));
    CHECK(wildcard.size() == acme::limits::file_name_max);
    CHECK(wildcard.starts_with("_wildcard."));
    CHECK(first != second);
    // No host's own name: those have no underscore.
    CHECK(first.find('_') != std::string::npos);
}
