#include "acme/challenge.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ferrotunnel::acme;

namespace {

const std::string account = "https://ca.example/acct/4";
const std::vector<std::string> issuers{"ca.example", "other.example"};

bool is_record(const std::string& text, bool with_wildcard = false) {
    return is_persist_record(text, issuers, account, with_wildcard, 1'000);
}

std::string host_of_size(std::size_t size) {
    std::string host = "a.example";
    while (host.size() + 4 <= size) {
        host.insert(0, "xyz.");
    }
    return std::string(size - host.size(), 'x') + host;
}

}  // namespace

TEST_CASE("names of the ways") {
    for (const Way way : all_ways) {
        CHECK(read_way(name_of(way)) == way);
    }
    CHECK(name_of(Way::tls_alpn_01) == "tls-alpn-01");
    CHECK_FALSE(read_way("tls-sni-01"));
    CHECK_FALSE(read_way(""));
}

TEST_CASE("which way can prove which name") {
    const Identifier host = *read_identifier("example.com");
    const Identifier wildcard = *read_identifier("*.example.com");
    const Identifier address = *read_identifier("192.0.2.1");
    CHECK((can_prove(Way::tls_alpn_01, host) && can_prove(Way::http_01, host)));
    CHECK((can_prove(Way::dns_01, host) && can_prove(Way::dns_persist_01, host)));
    CHECK_FALSE((can_prove(Way::tls_alpn_01, wildcard) || can_prove(Way::http_01, wildcard)));
    CHECK((can_prove(Way::dns_01, wildcard) && can_prove(Way::dns_persist_01, wildcard)));
    CHECK((can_prove(Way::tls_alpn_01, address) && can_prove(Way::http_01, address)));
    CHECK_FALSE((can_prove(Way::dns_01, address) || can_prove(Way::dns_persist_01, address)));
}

TEST_CASE("limit: the name of a record is a name, too", "[limits]") {
    CHECK(can_prove(Way::dns_01, *read_identifier(host_of_size(237))));
    CHECK_FALSE(can_prove(Way::dns_01, *read_identifier(host_of_size(238))));
    CHECK(can_prove(Way::dns_persist_01, *read_identifier("*." + host_of_size(233))));
    CHECK_FALSE(can_prove(Way::dns_persist_01, *read_identifier("*." + host_of_size(234))));
}

TEST_CASE("records of the DNS ways") {
    CHECK(dns_record_name(*read_identifier("example.com")) == "_acme-challenge.example.com");
    CHECK(dns_record_name(*read_identifier("*.example.com")) == "_acme-challenge.example.com");
    CHECK(dns_record_value("abc") == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");  // FIPS 180-2's example
    CHECK(persist_record_name(*read_identifier("*.example.com")) == "_validation-persist.example.com");
    CHECK(persist_record_value("ca.example", account, false) == "ca.example; accounturi=https://ca.example/acct/4");
    CHECK(persist_record_value("ca.example", account, true) ==
          "ca.example; accounturi=https://ca.example/acct/4; policy=wildcard");
}

TEST_CASE("records that authorize the account") {
    CHECK(is_record(persist_record_value("ca.example", account, false)));
    CHECK(is_record(persist_record_value("other.example", account, true), true));
    CHECK(is_record(" CA.example ;\tAccountURI = https://ca.example/acct/4 "));
    CHECK(is_record("ca.example;policy=WildCard;accounturi=" + account, true));
    CHECK(is_record("ca.example; policy=wildcard; accounturi=" + account));
    CHECK(is_record("ca.example; policy=other; accounturi=" + account));
    CHECK(is_record("ca.example; future=x=y; accounturi=" + account));
    CHECK(is_record("ca.example; accounturi=" + account + "; persistUntil=1000"));
    CHECK(is_record("ca.example; accounturi=" + account + "; PERSISTUNTIL=9223372036854775807"));
}

TEST_CASE("records that do not") {
    const std::string value = persist_record_value("ca.example", account, false);
    CHECK_FALSE(is_record(value, true));
    CHECK_FALSE(is_record("ca.example; policy=other; accounturi=" + account, true));
    for (const std::string& text : {std::string(),
                                    std::string(";"),
                                    std::string("ca.example"),
                                    std::string("ca.example;"),
                                    persist_record_value("evil.example", account, true),
                                    persist_record_value("", account, true),
                                    persist_record_value("ca.example", account + "5", true),
                                    persist_record_value("ca.example", "", true),
                                    "ca.example; accounturi=" + std::string("HTTPS://CA.EXAMPLE/ACCT/4"),
                                    value + ";",
                                    value + "; ",
                                    value + ";; policy=wildcard",
                                    value + "; accounturi=" + account,
                                    value + "; word",
                                    value + "; =x",
                                    value + "; policy=wild card",
                                    value + "; policy=\x01",
                                    value + "; policy=\xc3\xa4",
                                    value + "; persistUntil=999",
                                    value + "; persistUntil=",
                                    value + "; persistUntil=1e9",
                                    value + "; persistUntil=-1",
                                    value + "; persistUntil=99999999999999999999",
                                    "x" + value,
                                    "v=spf1 include:ca.example; accounturi=" + account,
                                    "accounturi=" + account + "; ca.example"}) {
        CAPTURE(text);
        CHECK_FALSE(is_record(text));
    }
    CHECK_FALSE(is_persist_record("ca.example; accounturi=", issuers, "", false, 0));
    CHECK_FALSE(is_persist_record("; accounturi=" + account, {""}, account, false, 0));
    CHECK_FALSE(is_persist_record(value, {}, account, false, 0));
}

TEST_CASE("limit: parameters of a record", "[limits]") {
    std::string record = "ca.example; accounturi=" + account;
    for (int i = 1; i < 64; ++i) {
        record += "; p" + std::to_string(i) + "=";
    }
    CHECK(is_record(record));
    CHECK_FALSE(is_record(record + "; p64="));
}

TEST_CASE("limit: tokens", "[limits]") {
    CHECK(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
    CHECK(is_token("a"));
    CHECK(is_token(std::string(128, '_')));
    CHECK_FALSE(is_token(std::string(129, 'a')));
    for (const char* text : {"", ".", "..", "a/b", "a.b", "a b", "a=", "a%2f", "a\n", "\xc3\xa4"}) {
        CHECK_FALSE(is_token(text));
    }
    CHECK_FALSE(is_token(std::string("a\0b", 3)));
}
