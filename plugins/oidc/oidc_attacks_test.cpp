// Tests of `oidc` against users with addresses that are not theirs, other sites, a provider that lies, and mistakes in
// settings.
#include <string>

#include "oidc/browser_for_tests.hpp"
#include "oidc/oidc.hpp"

using namespace ferrotunnel;
using ferrotunnel::plugin::TestAnswer;
using ferrotunnel::plugin::TestChain;
using ferrotunnel::plugins::Oidc;
using ferrotunnel::test::FakeProvider;
using ferrotunnel::test::oidc_settings_for;
using ferrotunnel::test::OidcBrowser;

TEST_CASE("oidc: an address that the provider has not verified does not reach the backend") {
    FakeProvider provider;
    provider.say({{"email", "boss@example.com"}, {"email_verified", false}});
    const auto sent_address = [&](const std::string& more) {
        TestChain chain =
            TestChain::of<Oidc>(oidc_settings_for(provider, ", claims: {email: X-Email, sub: X-User}" + more));
        OidcBrowser browser(chain);
        CHECK(browser.log_in(provider).status == 302);
        browser.fields = {{"X-Email", "forged@example.com"}};
        const auto exchange = browser.get("/");
        CHECK(exchange.sent().field("X-User") == "ann");
        return exchange.sent().field("X-Email");
    };
    CHECK_FALSE(sent_address(""));
    CHECK(sent_address(", trust_email: true") == "boss@example.com");
}

TEST_CASE("oidc: an address is verified only by what is said of this address") {
    FakeProvider provider;
    TestChain chain =
        TestChain::of<Oidc>(oidc_settings_for(provider, ", allow: {domains: [other.example]}", ", userinfo: true"));
    const auto login = [&](const nlohmann::json& id_token, const nlohmann::json& userinfo) {
        provider.say(id_token);
        provider.say_userinfo(userinfo);
        OidcBrowser browser(chain);
        const TestAnswer answer = browser.log_in(provider);
        return answer.status == 302 ? "passes" : answer.code;
    };
    const nlohmann::json verified_other{{"sub", "ann"}, {"email", "ann@example.com"}, {"email_verified", true}};
    const nlohmann::json verified{{"sub", "ann"}, {"email", "ann@other.example"}, {"email_verified", true}};
    const nlohmann::json unverified{{"sub", "ann"}, {"email", "ann@other.example"}, {"email_verified", false}};
    const nlohmann::json address_alone{{"email", "ann@other.example"}, {"email_verified", nullptr}};
    const nlohmann::json no_address{{"email", nullptr}};  // but "email_verified": true
    CHECK(login(address_alone, verified_other) == "oidc_forbidden");
    CHECK(login(address_alone, {{"sub", "ann"}, {"email_verified", true}}) == "oidc_forbidden");
    CHECK(login(no_address, unverified) == "oidc_forbidden");
    CHECK(login(address_alone, verified) == "passes");
    CHECK(login(no_address, verified) == "passes");
}

TEST_CASE("oidc: a session is not valid under settings that give its address or groups another meaning") {
    FakeProvider provider;
    provider.say({{"email_verified", false}, {"roles", {"ops"}}});
    const auto passes = [&](const std::string& there, const std::string& here) {
        TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider, there));
        OidcBrowser browser(chain);
        CHECK(browser.log_in(provider).status == 302);
        TestChain other = TestChain::of<Oidc>(oidc_settings_for(provider, here));
        OidcBrowser same(other);
        same.cookies = browser.cookies;
        return same.get("/").passed();
    };
    const std::string of_domain = ", allow: {domains: [example.com]}";
    CHECK(passes(of_domain + ", trust_email: true", of_domain + ", trust_email: true"));
    CHECK_FALSE(passes(of_domain + ", trust_email: true", of_domain));
    const std::string of_group = ", allow: {groups: [ops]}";
    CHECK(passes(of_group + ", groups_claim: roles", of_group + ", groups_claim: roles, session: 1h"));
    CHECK_FALSE(passes(of_group + ", groups_claim: roles", of_group));
}

TEST_CASE("oidc: another site, or another host of the same site, cannot log a visitor out") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    const std::string log_out = "/.ferrotunnel/oidc/logout";
    for (const char* const site : {"cross-site", "same-site"}) {
        OidcBrowser browser(chain);
        CHECK(browser.log_in(provider).status == 302);
        browser.fields = {{"Sec-Fetch-Site", site}};
        const TestAnswer answer = browser.visit(log_out);
        CHECK(answer.status == 200);
        CHECK(answer.body.find("<a href=\"https://app.example.com" + log_out + "\">") != std::string::npos);
        CHECK(browser.get("/").passed());
    }
    for (const char* const site : {"same-origin", "none"}) {
        OidcBrowser browser(chain);
        CHECK(browser.log_in(provider).status == 302);
        browser.fields = {{"Sec-Fetch-Site", site}};
        CHECK(browser.visit(log_out).status == 302);
        CHECK(browser.cookies.empty());
    }
}

TEST_CASE("oidc: no login begins with a cookie that a browser would not keep") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    for (const std::string& byte : {std::string("a"), std::string("%22")}) {
        std::string target = "/.ferrotunnel/oidc/login?to=/";
        for (int i = 0; i < 2'000; ++i) {
            target += byte;
        }
        (void)browser.begin(target);
        REQUIRE(browser.cookies.size() == 1);
        CHECK(browser.cookies.begin()->first.size() + browser.cookies.begin()->second.size() < 4'000);
        browser.cookies.clear();
    }
}

TEST_CASE("oidc: a provider elsewhere cannot have requests sent to what listens on this machine") {
    const auto fault = [](const std::string& issuer, const std::string& endpoint) {
        plugins::ProviderSettings settings;
        settings.issuer = issuer;
        const nlohmann::json document{{"issuer", issuer},
                                      {"authorization_endpoint", issuer + "/a"},
                                      {"token_endpoint", endpoint},
                                      {"jwks_uri", issuer + "/k"}};
        try {
            (void)plugins::read_metadata(document.dump(), settings);
            return std::string();
        } catch (const std::exception& problem) {
            return std::string(problem.what());
        }
    };
    CHECK(fault("https://login.example.com", "http://127.0.0.1:7836/") ==
          "has a token_endpoint that is not an https URL");
    CHECK(fault("https://login.example.com", "https://login.example.com/t").empty());
    CHECK(fault("http://127.0.0.1:1", "http://127.0.0.1:1/t").empty());
}

TEST_CASE("oidc: lists that would let in nobody, or everyone, are reported") {
    FakeProvider provider;
    const auto problems = [&](const std::string& allow) {
        return TestChain::problems<Oidc>(oidc_settings_for(provider, ", allow: " + allow));
    };
    for (const char* const list :
         {"{emails: []}", "{domains: []}", "{groups: []}", "{emails: [example.com]}", "{emails: ['@example.com']}",
          "{domains: ['@example.com']}", "{domains: [a.example, '*.example.com']}", "{domains: [.example.com]}"}) {
        INFO(list << "\n" << problems(list));
        CHECK(problems(list).find("allow.") != std::string::npos);
    }
    CHECK(problems("{domains: [a.example, '*.example.com']}").find("allow.domains[1]: ") != std::string::npos);
    CHECK(problems("{emails: [Ann@example.com], domains: [localhost], groups: [ops]}").empty());
    CHECK(problems("{}").empty());
}
