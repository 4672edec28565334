#include "acme/challenge.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "acme/limits.hpp"
#include "long_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

const std::string record_account = "https://ca.example/acct/4";
const std::vector<std::string> record_issuers{"ca.example", "other.example"};

bool is_record_of(const std::string& text, bool with_wildcard = false) {
    return is_persist_record(text, record_issuers, record_account, with_wildcard, 1'000);
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
    CHECK(can_prove(Way::dns_01, *read_identifier(host_of_length(237))));
    CHECK_FALSE(can_prove(Way::dns_01, *read_identifier(host_of_length(238))));
    CHECK(can_prove(Way::dns_persist_01, *read_identifier("*." + host_of_length(233))));
    CHECK_FALSE(can_prove(Way::dns_persist_01, *read_identifier("*." + host_of_length(234))));
}

TEST_CASE("records of the DNS ways") {
    CHECK(dns_record_name(*read_identifier("example.com")) == "_acme-challenge.example.com");
    CHECK(dns_record_name(*read_identifier("*.example.com")) == "_acme-challenge.example.com");
    CHECK(dns_record_value("abc") == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");  // FIPS 180-2's example
    CHECK(persist_record_name(*read_identifier("*.example.com")) == "_validation-persist.example.com");
    CHECK(persist_record_value("ca.example", record_account, false) ==
          "ca.example; accounturi=https://ca.example/acct/4");
    CHECK(persist_record_value("ca.example", record_account, true) ==
          "ca.example; accounturi=https://ca.example/acct/4; policy=wildcard");
}

TEST_CASE("records that authorize the account") {
    CHECK(is_record_of(persist_record_value("ca.example", record_account, false)));
    CHECK(is_record_of(persist_record_value("other.example", record_account, true), true));
    CHECK(is_record_of(" CA.example ;\tAccountURI = https://ca.example/acct/4 "));
    CHECK(is_record_of("ca.example;policy=WildCard;accounturi=" + record_account, true));
    CHECK(is_record_of("ca.example; policy=wildcard; accounturi=" + record_account));
    CHECK(is_record_of("ca.example; policy=other; accounturi=" + record_account));
    CHECK(is_record_of("ca.example; future=x=y; accounturi=" + record_account));
    CHECK(is_record_of("ca.example; accounturi=" + record_account + "; persistUntil=1000"));
    CHECK(is_record_of("ca.example; accounturi=" + record_account + "; PERSISTUNTIL=9223372036854775807"));
}

TEST_CASE("records that do not") {
    const std::string value = persist_record_value("ca.example", record_account, false);
    CHECK_FALSE(is_record_of(value, true));
    CHECK_FALSE(is_record_of("ca.example; policy=other; accounturi=" + record_account, true));
    for (const std::string& text : {std::string(),
                                    std::string(";"),
                                    std::string("ca.example"),
                                    std::string("ca.example;"),
                                    persist_record_value("evil.example", record_account, true),
                                    persist_record_value("", record_account, true),
                                    persist_record_value("ca.example", record_account + "5", true),
                                    persist_record_value("ca.example", "", true),
                                    "ca.example; accounturi=" + std::string("HTTPS://CA.EXAMPLE/ACCT/4"),
                                    value + ";",
                                    value + "; ",
                                    value + ";; policy=wildcard",
                                    value + "; accounturi=" + record_account,
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
                                    "v=spf1 include:ca.example; accounturi=" + record_account,
                                    "accounturi=" + record_account + "; ca.example"}) {
        CAPTURE(text);
        CHECK_FALSE(is_record_of(text));
    }
    CHECK_FALSE(is_persist_record("ca.example; accounturi=", record_issuers, "", false, 0));
    CHECK_FALSE(is_persist_record("; accounturi=" + record_account, {""}, record_account, false, 0));
    CHECK_FALSE(is_persist_record(value, {}, record_account, false, 0));
}

TEST_CASE("limit: parameters of a record", "[limits]") {
    std::string record = "ca.example; accounturi=" + record_account;
    for (int i = 1; i < 64; ++i) {
        record += "; p" + std::to_string(i) + "=";
    }
    CHECK(is_record_of(record));
    CHECK_FALSE(is_record_of(record + "; p64="));
}

TEST_CASE("limit: tokens", "[limits]") {
    CHECK(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
    CHECK(is_token("a"));
    CHECK(is_token(std::string(acme::limits::token_max, '_')));
    CHECK_FALSE(is_token(std::string(acme::limits::token_max + 1, 'a')));
    for (const char* text : {"", ".", "..", "a/b", "a.b", "a b", "a=", "a%2f", "a\n", "\xc3\xa4"}) {
        CHECK_FALSE(is_token(text));
    }
    CHECK_FALSE(is_token(std::string("a\0b", 3)));
}
