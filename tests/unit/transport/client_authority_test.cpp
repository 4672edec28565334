#include "transport/client_authority.hpp"

#include <catch2/catch.hpp>

#include "made_certificates.hpp"
#include "pipes.hpp"
#include "transport/tls_context.hpp"

using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

std::string authority_error(const std::vector<ClientAuthorityRule>& rules) {
    try {
        ClientAuthorities::load(rules);
        return "";
    } catch (const TlsConfigError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("the rule about client certificates that is nearest to a name") {
    TemporaryDirectory directory;
    std::vector<ClientAuthorityRule> rules;
    for (const char* host : {"a.example", "*.a.example", "**.a.example", "**.x.a.example", "*"}) {
        const auto file = directory.path() / ("ca" + std::to_string(rules.size()));
        put_file(file, certificate_pem(make({.common_name = host, .authority = true})));
        rules.push_back({host, file, true});
    }
    auto all = ClientAuthorities::load(rules);
    const auto rule_of = [&](std::string_view host) -> std::string {
        const ClientAuthority* found = all->find(host);
        REQUIRE(found != nullptr);
        char name[256] = "";
        X509_NAME_get_text_by_NID(sk_X509_NAME_value(found->names.get(), 0), NID_commonName, name, sizeof name);
        return name;
    };
    CHECK(rule_of("a.example") == "a.example");
    CHECK(rule_of("y.a.example") == "*.a.example");
    CHECK(rule_of("x.a.example") == "*.a.example");
    CHECK(rule_of("z.y.a.example") == "**.a.example");
    CHECK(rule_of("z.x.a.example") == "**.x.a.example");
    CHECK(rule_of("z.y.x.a.example") == "**.x.a.example");
    CHECK(rule_of("example") == "*");
    CHECK(rule_of("") == "*");

    rules.pop_back();
    all = ClientAuthorities::load(rules);
    CHECK(all->find("example") == nullptr);
    CHECK(all->find("") == nullptr);
    CHECK(!all->empty());
    CHECK(ClientAuthorities::load({})->empty());
}

TEST_CASE("rules that differ have digests that differ") {
    TemporaryDirectory directory;
    put_file(directory.path() / "one", certificate_pem(make({.authority = true})));
    put_file(directory.path() / "two", certificate_pem(make({.authority = true})));
    auto all = ClientAuthorities::load({{"a.example", directory.path() / "one", true},
                                        {"b.example", directory.path() / "one", true},
                                        {"c.example", directory.path() / "one", false},
                                        {"d.example", directory.path() / "two", true},
                                        {"e.example", directory.path() / "one", true, {}, true}});
    CHECK(all->find("a.example") == all->find("b.example"));  // and it is kept once
    CHECK(all->find("a.example")->digest != all->find("c.example")->digest);
    CHECK(all->find("a.example")->digest != all->find("d.example")->digest);
    CHECK(all->find("a.example")->digest != all->find("e.example")->digest);
    CHECK(all->find("e.example")->chain);
    CHECK_FALSE(all->find("a.example")->chain);
}

TEST_CASE("rules about client certificates that cannot work") {
    TemporaryDirectory directory;
    const auto good = directory.path() / "good";
    put_file(good, certificate_pem(make({.authority = true})));
    const auto leaf = directory.path() / "leaf";
    put_file(leaf, certificate_pem(make_for("a.example")));
    const auto empty = directory.path() / "empty";
    put_file(empty, "");
    CHECK(authority_error({{"a.example", directory.path() / "none", true}}) ==
          (directory.path() / "none").string() + ": No such file or directory");
    CHECK(authority_error({{"a.example", empty, true}}) == empty.string() + ": contains no certificate in PEM form");
    CHECK(authority_error({{"a.example", leaf, true}}) ==
          leaf.string() + ": contains a certificate that is not a CA certificate");
    CHECK(authority_error({{"a b", good, true}}) ==
          "client certificates for \"a b\": the host has a character that is not valid in a host name");
    for (const char* host : {"a.example", "*.a.example", "**.a.example", "*"}) {
        CHECK(authority_error({{host, good, true}, {host, good, false}}) ==
              "client certificates for \"" + std::string(host) + "\": the host has two rules");
    }
}
