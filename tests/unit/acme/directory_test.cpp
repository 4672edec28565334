#include "acme/directory.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;

const std::string directory_url = "https://ca.example.com/directory";

nlohmann::json whole_directory() {
    return {{"newNonce", "https://ca.example.com/nonce"},
            {"newAccount", "https://ca.example.com/account"},
            {"newOrder", "https://ca.example.com/order"},
            {"keyChange", "https://other.example.com/key"},
            {"renewalInfo", "https://ca.example.com/info"},
            {"meta",
             {{"caaIdentities", {"CA.example.com", 7, "not a host"}},
              {"termsOfService", "https://ca.example.com/terms"},
              {"externalAccountRequired", true},
              {"profiles", {{"classic", "as ever"}, {"short", 7}, {"a\nb", "not printable"}}}}}};
}

std::string fault_of(const nlohmann::json& json) {
    const auto read = read_directory(directory_url, json.dump());
    return read ? "" : read.error();
}

TEST_CASE("a directory", "[acme]") {
    const auto directory = read_directory(directory_url, whole_directory().dump());
    REQUIRE(directory);
    CHECK(directory->url == directory_url);
    CHECK(directory->new_nonce == "https://ca.example.com/nonce");
    CHECK(directory->new_account == "https://ca.example.com/account");
    CHECK(directory->new_order == "https://ca.example.com/order");
    CHECK(directory->key_change == "https://other.example.com/key");
    CHECK(directory->renewal_info == "https://ca.example.com/info");
    CHECK(directory->terms == "https://ca.example.com/terms");
    CHECK(directory->needs_external_account);
    CHECK(directory->issuers == std::vector<std::string>{"ca.example.com"});
    CHECK(directory->profiles == std::map<std::string, std::string>{{"classic", "as ever"}, {"short", ""}});
}

TEST_CASE("a directory with the least", "[acme]") {
    nlohmann::json json = whole_directory();
    for (const char* name : {"keyChange", "renewalInfo", "meta"}) {
        json.erase(name);
    }
    const auto directory = read_directory(directory_url, json.dump());
    REQUIRE(directory);
    CHECK(directory->key_change.empty());
    CHECK(directory->renewal_info.empty());
    CHECK_FALSE(directory->needs_external_account);
    CHECK(directory->profiles.empty());
}

TEST_CASE("directories that are not usable", "[acme]") {
    for (const std::string body : {"", "<html>", "[]", "null", "{\"newNonce\":", "\xff"}) {
        const auto read = read_directory(directory_url, body);
        REQUIRE_FALSE(read);
        CHECK(read.error() == "is not an ACME directory: it is not a JSON object");
    }
    for (const char* name : {"newNonce", "newAccount", "newOrder"}) {
        nlohmann::json json = whole_directory();
        json[name] = 7;
        CHECK(fault_of(json) == "is not an ACME directory: it has no " + std::string(name));
        json.erase(name);
        CHECK(fault_of(json) == "is not an ACME directory: it has no " + std::string(name));
        json[name] = "http://ca.example.com/";
        CHECK_THAT(fault_of(json), Contains(name) && Contains("https"));
    }
    nlohmann::json json = whole_directory();
    json["keyChange"] = "http://127.0.0.1/";  // a CA elsewhere does not lead to this machine's services
    CHECK_THAT(fault_of(json), Contains("keyChange"));
}

TEST_CASE("profiles beyond the limit are not read", "[acme]") {
    nlohmann::json json = whole_directory();
    for (std::size_t i = 0; i <= limits::profiles_max; ++i) {
        json["meta"]["profiles"]["profile" + std::to_string(i)] = "";
    }
    CHECK(read_directory(directory_url, json.dump())->profiles.size() == limits::profiles_max);
}

TEST_CASE("JSON beyond the depth is not read", "[acme]") {
    for (const int depth : {limits::depth_max, limits::depth_max + 1, 100'000}) {
        std::string inner;
        inner.append(static_cast<std::size_t>(depth - 1), '[').append(static_cast<std::size_t>(depth - 1), ']');
        std::string text = whole_directory().dump();
        text.insert(1, "\"deep\":" + inner + ",");
        CHECK(bool(read_directory(directory_url, text)) == (depth == limits::depth_max));
    }
}

TEST_CASE("URLs of CAs", "[acme]") {
    for (const char* url :
         {"https://a.example.com/", "https://a.example.com", "https://a.example.com:14000/dir?x=%20",
          "HTTPS://A.example.com/", "https://192.0.2.1/", "https://[2001:db8::1]:14000/", "http://127.0.0.1/",
          "http://127.1.2.3:4000/dir", "http://[::1]:80/", "http://localhost:14000/", "http://[::ffff:127.0.0.1]/"}) {
        INFO(url);
        CHECK(is_ca_url(url));
    }
    for (const char* url : {"",
                            "https://",
                            "https:///dir",
                            "http://a.example.com/",
                            "http://192.0.2.1/",
                            "http://[2001:db8::1]/",
                            "ftp://a.example.com/",
                            "a.example.com",
                            "//a.example.com/",
                            "https://user@a.example.com/",
                            "https://a.example.com:0/",
                            "https://a.example.com:99999/",
                            "https://a.example.com/a b",
                            "https://a.example.com/#a",
                            "https://a.example.com/\r\nX: y",
                            "https://a.example.com/\xc3\xa4",
                            "https://[fe80::1%25eth0]/",
                            "http://localhost.example.com/",
                            "http://127.0.0.1.example.com/",
                            "http://127.0.0.1@a.example.com/"}) {
        INFO(url);
        CHECK_FALSE(is_ca_url(url));
    }
}

TEST_CASE("the longest URL of a CA", "[acme]") {
    std::string url = "https://a.example.com/";
    url.append(limits::url_max - url.size(), 'a');
    CHECK(is_ca_url(url));
    CHECK_FALSE(is_ca_url(url + "a"));
}

TEST_CASE("http only where the directory has it", "[acme]") {
    CHECK(may_name_url("http://127.0.0.1:1/dir", "http://localhost:2/a"));
    CHECK(may_name_url("http://127.0.0.1:1/dir", "https://a.example.com/a"));
    CHECK_FALSE(may_name_url("https://127.0.0.1:1/dir", "http://localhost:2/a"));
    CHECK_FALSE(may_name_url("http://127.0.0.1:1/dir", "http://a.example.com/a"));
}

TEST_CASE("staging directories", "[acme]") {
    CHECK(known_staging("https://acme-v02.api.letsencrypt.org/directory") ==
          "https://acme-staging-v02.api.letsencrypt.org/directory");
    CHECK(known_staging("https://ca.example.com/directory").empty());
}

}  // namespace
}  // namespace ferrotunnel::acme
