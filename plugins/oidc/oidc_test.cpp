// Tests the plugin `oidc` against a provider of the test's own: logins, sessions, and attacks on both.
#include "oidc/oidc.hpp"

#include <map>
#include <string>
#include <vector>

#include "oidc/browser_for_tests.hpp"

using namespace ferrotunnel;
using ferrotunnel::plugin::TestAnswer;
using ferrotunnel::plugin::TestChain;
using ferrotunnel::plugin::TestExchange;
using ferrotunnel::plugins::Oidc;
using ferrotunnel::plugins::parameter_of;
using ferrotunnel::test::base64url;
using ferrotunnel::test::FakeProvider;
using ferrotunnel::test::oidc_callback;
using ferrotunnel::test::oidc_key;
using ferrotunnel::test::oidc_provider_text;
using ferrotunnel::test::oidc_settings_for;
using ferrotunnel::test::OidcBrowser;
using ferrotunnel::test::Signer;

namespace {

constexpr const char* session_cookie = "__Host-ft-oidc";

}  // namespace

TEST_CASE("oidc: a person is sent to the provider, a program gets 401") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    const std::string location = browser.begin("/a?b=c");
    CHECK(location.starts_with(provider.issuer() + "/authorize?response_type=code&client_id=app&"));
    const std::string query = location.substr(location.find('?'));
    CHECK(parameter_of(query, "redirect_uri") == "https://app.example.com/.ferrotunnel/oidc/callback/main");
    CHECK(parameter_of(query, "code_challenge_method") == "S256");
    CHECK(parameter_of(query, "code_challenge").value().size() == 43);
    CHECK(parameter_of(query, "state").value().size() >= 22);
    CHECK(parameter_of(query, "scope") == "openid email profile");

    const TestAnswer refused = browser.visit("/a", false);
    CHECK(refused.status == 401);
    CHECK(refused.code == "oidc_required");
    CHECK(refused.field("WWW-Authenticate").value_or("").starts_with("Cookie "));
    browser.fields = {{"Accept", "text/html"}};  // a browser without Sec-Fetch-Mode
    CHECK(browser.visit("/a", false).status == 302);
}

TEST_CASE("oidc: a login leads back to the request, and its session passes") {
    FakeProvider provider;
    provider.say({{"groups", {"dev", "ops"}}});
    TestChain chain = TestChain::of<Oidc>(
        oidc_settings_for(provider, ", claims: {email: X-Email, groups: X-Groups}", ", client_secret: 's p'"));
    OidcBrowser browser(chain);
    const TestAnswer answer = browser.log_in(provider, "/a?b=c");
    CHECK(answer.status == 302);
    CHECK(answer.field("Location") == "https://app.example.com/a?b=c");
    CHECK(browser.cookies.size() == 1);  // the login's own is gone
    bool is_guarded = false;
    for (const plugin::Field& field : answer.fields) {
        is_guarded = is_guarded || (field.name == "Set-Cookie" && field.value.starts_with(session_cookie) &&
                                    field.value.ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"));
    }
    CHECK(is_guarded);
    const std::string asked = provider.last_request_to("/token");
    CHECK(asked.find("Authorization: Basic YXBwOnMlMjBw\r\n") != std::string::npos);  // app:s%20p
    CHECK(asked.find("code_verifier=") != std::string::npos);

    browser.fields = {{"X-Email", "forged@example.com"}};
    browser.cookies["other"] = "1";
    TestExchange exchange = browser.get("/a");
    REQUIRE(exchange.passed());
    CHECK(exchange.sent().field("X-Email") == "ann@example.com");
    CHECK(exchange.sent().field("X-Groups") == "dev,ops");
    CHECK(exchange.sent().field("Cookie") == "other=1");
    CHECK(exchange.note("auth.subject") == "ann");
    CHECK(browser.get("/api", false).passed());
}

TEST_CASE("oidc: a session outlives the plugin, and a key's replacement") {
    FakeProvider provider;
    std::map<std::string, std::string> cookies;
    {
        TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
        OidcBrowser browser(chain);
        CHECK(browser.log_in(provider).status == 302);
        cookies = browser.cookies;
    }
    const auto passes = [&](const std::string& keys) {
        TestChain chain =
            TestChain::of<Oidc>("{providers: [" + oidc_provider_text(provider) + "], cookie_keys: " + keys + "}");
        OidcBrowser browser(chain);
        browser.cookies = cookies;
        return browser.get("/").passed();
    };
    CHECK(passes(std::string("[") + oidc_key + "]"));
    CHECK(passes(std::string("[another-key-of-32-characters-....., ") + oidc_key + "]"));
    CHECK_FALSE(passes("[another-key-of-32-characters-.....]"));
}

TEST_CASE("oidc: an answer counts only in the browser, and for the login, that it belongs to") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    const std::string location = browser.begin();
    const std::string query = location.substr(location.find('?'));
    const std::string state = parameter_of(query, "state").value();
    provider.set_nonce(parameter_of(query, "nonce").value());
    const std::string answer = std::string(oidc_callback) + "?code=c&state=" + state;

    OidcBrowser other(chain);  // a login that an attacker has begun cannot be finished by another browser
    CHECK(other.visit(answer).code == "oidc_state");
    (void)other.begin();  // nor with another login's cookie
    CHECK(other.visit(answer).code == "oidc_state");
    CHECK(browser.visit(std::string(oidc_callback) + "?code=c&state=" + state.substr(0, 8)).code == "oidc_state");
    CHECK(browser.visit(std::string(oidc_callback) + "?code=c").code == "oidc_state");
    CHECK(browser.visit(answer + "&iss=https%3A%2F%2Fevil.example").code == "oidc_issuer");
    OidcBrowser elsewhere(chain);
    elsewhere.cookies = browser.cookies;
    elsewhere.host = "other.example.com";
    CHECK(elsewhere.visit(answer).code == "oidc_state");

    CHECK(browser.visit(answer).status == 302);
    CHECK(browser.visit(answer).field("Location") == "https://app.example.com/");  // loaded again
    elsewhere.cookies = browser.cookies;  // a session of one host is none at another
    CHECK(elsewhere.visit("/", false).status == 401);
    browser.cookies[session_cookie][20] ^= 1;
    CHECK(browser.visit("/", false).status == 401);
}

TEST_CASE("oidc: ID tokens that prove nothing") {
    FakeProvider provider;
    TestChain chain =
        TestChain::of<Oidc>(oidc_settings_for(provider, "", ", client_secret: secret-secret-secret-secret-secret"));
    OidcBrowser browser(chain);
    const auto login = [&] { return browser.log_in(provider).code; };
    const long now = static_cast<long>(std::time(nullptr));

    const std::vector<nlohmann::json> wrong{
        {{"nonce", "other"}}, {{"nonce", nullptr}},        {{"iss", "https://evil.example"}},
        {{"aud", "other"}},   {{"aud", {"app", "other"}}}, {{"aud", {"app", "other"}}, {"azp", "other"}},
        {{"azp", "other"}},   {{"exp", now - 600}},        {{"exp", nullptr}},
        {{"sub", nullptr}},
    };
    for (const nlohmann::json& claims : wrong) {
        INFO(claims.dump());
        provider.say(claims);
        CHECK(login() == "oidc_denied");
    }
    provider.say(nlohmann::json::object());
    // Key confusion: signed with the client's secret, with the public key as secret, by nobody, by another key.
    provider.sign_by([](const FakeProvider&, const std::string& claims) {
        Signer hmac("HS256");
        hmac.secret = "secret-secret-secret-secret-secret";
        return hmac.token(R"({"alg":"HS256"})", claims);
    });
    CHECK(login() == "oidc_denied");
    provider.sign_by([](const FakeProvider& of, const std::string& claims) {
        Signer hmac("HS256");
        hmac.secret = of.signer.pem();
        return hmac.token(R"({"alg":"HS256","kid":"k1"})", claims);
    });
    CHECK(login() == "oidc_denied");
    provider.sign_by([](const FakeProvider&, const std::string& claims) {
        return base64url(R"({"alg":"none"})") + "." + base64url(claims) + ".";
    });
    CHECK(login() == "oidc_denied");
    provider.sign_by([](const FakeProvider&, const std::string& claims) {
        return Signer("ES256").token(R"({"alg":"ES256","kid":"k1"})", claims);
    });
    CHECK(login() == "oidc_denied");
    provider.sign_by({});
    CHECK(login().empty());
}

TEST_CASE("oidc: who may pass") {
    FakeProvider provider;
    const auto login = [&](const std::string& allow, const nlohmann::json& claims, const std::string& more = "") {
        provider.say(claims);
        TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider, ", allow: " + allow + more));
        OidcBrowser browser(chain);
        const TestAnswer answer = browser.log_in(provider);
        return answer.status == 302 && browser.get("/").passed() ? "passes" : answer.code;
    };
    CHECK(login("{emails: [Ann@Example.com]}", {}) == "passes");
    CHECK(login("{emails: [bob@example.com]}", {}) == "oidc_forbidden");
    CHECK(login("{domains: [example.com]}", {}) == "passes");
    CHECK(login("{domains: [example.com]}", {{"email", "ann@sub.example.com"}}) == "oidc_forbidden");
    CHECK(login("{domains: [example.com]}", {{"email", "ann@example.com@evil.example"}}) == "oidc_forbidden");
    CHECK(login("{domains: [example.com]}", {{"email_verified", false}}) == "oidc_forbidden");
    CHECK(login("{domains: [example.com]}", {{"email_verified", "true"}}) == "oidc_forbidden");
    CHECK(login("{domains: [example.com]}", {{"email_verified", false}}, ", trust_email: true") == "passes");
    CHECK(login("{groups: [ops]}", {{"groups", {"dev", "ops"}}}) == "passes");
    CHECK(login("{groups: [ops]}", {{"groups", {"dev"}}}) == "oidc_forbidden");
    CHECK(login("{groups: [ops]}", {{"roles", {"ops"}}}, ", groups_claim: roles") == "passes");
}

TEST_CASE("oidc: a login leads to no other host") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    CHECK(browser.log_in(provider, "//evil.example/").field("Location") == "https://app.example.com//evil.example/");
    browser.cookies.clear();
    for (const std::string target :
         {"https%3A%2F%2Fevil.example", "%0d%0aX:%20y", "evil.example", "%2F%5Cevil.example"}) {
        const std::string location = browser.begin("/.ferrotunnel/oidc/login?to=" + target);
        const std::string query = location.substr(location.find('?'));
        provider.set_nonce(parameter_of(query, "nonce").value());
        const TestAnswer answer =
            browser.visit(std::string(oidc_callback) + "?code=c&state=" + parameter_of(query, "state").value());
        CHECK(answer.field("Location").value_or("").starts_with("https://app.example.com/"));
    }
}

TEST_CASE("oidc: log-out ends the session, also of a copy of its cookie") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    CHECK(browser.log_in(provider).status == 302);
    OidcBrowser thief(chain);
    thief.cookies = browser.cookies;
    CHECK(thief.get("/").passed());
    const TestAnswer answer = browser.visit("/.ferrotunnel/oidc/logout");
    CHECK(answer.field("Location").value_or("").starts_with(provider.issuer() + "/logout?client_id=app&"));
    CHECK(browser.cookies.empty());
    CHECK_FALSE(thief.get("/").passed());
    CHECK(browser.visit("/.ferrotunnel/oidc/logged-out").status == 200);
    CHECK(browser.visit("/.ferrotunnel/oidc/logout").status == 302);
    CHECK(browser.visit("/.ferrotunnel/oidc/else").status == 404);
}

TEST_CASE("oidc: without TLS nothing is sent that could be stolen") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    browser.https = false;
    CHECK(browser.visit("/").code == "oidc_needs_https");
    TestChain test_chain = TestChain::of<Oidc>(oidc_settings_for(provider, ", allow_http: true"));
    OidcBrowser of_test(test_chain);
    of_test.https = false;
    CHECK(of_test.log_in(provider).field("Location") == "http://app.example.com/");
    CHECK(of_test.get("/").passed());
}

TEST_CASE("oidc: a browser keeps few logins that it has begun") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    for (int i = 0; i < 20; ++i) {
        (void)browser.begin();
        CHECK(browser.cookies.size() <= 4);
    }
}

TEST_CASE("oidc: visitors choose one of several providers, and answers are not mixed up") {
    FakeProvider one;
    FakeProvider two;
    TestChain chain =
        TestChain::of<Oidc>("{providers: [" + oidc_provider_text(one, ", name: one, title: The <One>") + "," +
                            oidc_provider_text(two, ", name: two") + "], cookie_keys: [" + oidc_key + "]}");
    OidcBrowser browser(chain);
    const TestAnswer choice = browser.visit("/a?b=c");
    CHECK(choice.status == 200);
    CHECK(choice.body.find("The &lt;One&gt;") != std::string::npos);
    CHECK(choice.body.find("/login/two?to=%2Fa%3Fb%3Dc") != std::string::npos);

    const std::string location = browser.begin("/.ferrotunnel/oidc/login/one?to=%2Fa");
    CHECK(location.starts_with(one.issuer()));
    const std::string query = location.substr(location.find('?'));
    one.set_nonce(parameter_of(query, "nonce").value());
    two.set_nonce(parameter_of(query, "nonce").value());
    const std::string answer = "?code=c&state=" + parameter_of(query, "state").value();
    CHECK(browser.visit("/.ferrotunnel/oidc/callback/two" + answer).code == "oidc_state");
    CHECK(two.last_request_to("/token").empty());  // the code was not given to another provider
    CHECK(browser.visit("/.ferrotunnel/oidc/callback/one" + answer).field("Location") == "https://app.example.com/a");
    CHECK(browser.get("/").passed());
}

TEST_CASE("oidc: a provider that names itself in its answers must do so") {
    FakeProvider provider;
    provider.publish({{"authorization_response_iss_parameter_supported", true}});
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    CHECK(browser.log_in(provider).code == "oidc_issuer");
    const std::string location = browser.begin();
    const std::string query = location.substr(location.find('?'));
    provider.set_nonce(parameter_of(query, "nonce").value());
    CHECK(browser
              .visit(std::string(oidc_callback) + "?code=c&state=" + parameter_of(query, "state").value() +
                     "&iss=" + plugins::url_encoded(provider.issuer()))
              .status == 302);
}

TEST_CASE("oidc: the userinfo endpoint completes the claims of the same user") {
    FakeProvider provider;
    provider.say({{"email", nullptr}, {"email_verified", nullptr}});
    const std::string settings =
        oidc_settings_for(provider, ", claims: {email: X-Email, sub: X-User}", ", userinfo: true");
    TestChain chain = TestChain::of<Oidc>(settings);
    OidcBrowser browser(chain);
    provider.say_userinfo({{"sub", "bob"}, {"email", "bob@example.com"}});
    CHECK(browser.log_in(provider).code == "oidc_denied");
    provider.say_userinfo({{"sub", "ann"}, {"email", "ann@example.com"}, {"email_verified", true}, {"iss", "x"}});
    CHECK(browser.log_in(provider).status == 302);
    CHECK(browser.get("/").sent().field("X-Email") == "ann@example.com");
    CHECK(provider.last_request_to("/userinfo").find("Authorization: Bearer at\r\n") != std::string::npos);
}

TEST_CASE("oidc: a refusal by the provider, and a provider that cannot be used") {
    FakeProvider provider;
    TestChain chain = TestChain::of<Oidc>(oidc_settings_for(provider));
    OidcBrowser browser(chain);
    const std::string location = browser.begin();
    const std::string state = parameter_of(location.substr(location.find('?')), "state").value();
    CHECK(browser.visit(std::string(oidc_callback) + "?error=access_denied&state=" + state).code == "oidc_denied");
    CHECK(browser.cookies.empty());

    const auto fault = [](const nlohmann::json& members) {
        plugins::ProviderSettings settings;
        settings.issuer = "https://login.example.com";
        nlohmann::json document{{"issuer", settings.issuer},
                                {"authorization_endpoint", "https://login.example.com/a"},
                                {"token_endpoint", "https://login.example.com/t"},
                                {"jwks_uri", "https://login.example.com/k"}};
        document.update(members);
        try {
            (void)plugins::read_metadata(document.dump(), settings);
            return std::string();
        } catch (const std::exception& problem) {
            return std::string(problem.what());
        }
    };
    CHECK(fault(nlohmann::json::object()).empty());
    CHECK(fault({{"issuer", "https://evil.example"}}) == "is of another issuer: https://evil.example");
    CHECK(fault({{"token_endpoint", "http://login.example.com/t"}}) == "has a token_endpoint that is not an https URL");
    CHECK(fault({{"jwks_uri", ""}}) == "has no jwks_uri");
    CHECK_FALSE(plugins::is_safe_url("http://localhost@evil.example/"));
    CHECK_FALSE(plugins::is_safe_url("http://127.0.0.1.evil.example/"));
    CHECK_FALSE(plugins::is_safe_url("unix:/run/docker.sock:/containers/create"));  // a provider must not name those
    CHECK(plugins::is_safe_url("http://[::1]:80/"));
}

TEST_CASE("oidc: settings that cannot be used are named") {
    const std::string problems = TestChain::problems<Oidc>(
        "{providers: [{issuer: 'http://login.example.com', client_id: a}, {issuer: 'https://a?b', client_id: a}], "
        "cookie_keys: [short], path: oidc/, cookie: A, claims: {a: Host, b: Cookie}}");
    for (const char* const wanted :
         {"providers[0].issuer: is not an https URL", "providers[1].issuer: has a query or a fragment",
          "providers[1].name: is the name of another provider too", "cookie_keys[0]: has fewer than 32 characters",
          "path: is not a path like /oidc", "cookie: is not a name of lower-case letters, digits and '-'",
          "claims[\"a\"]: is not a field that a plugin may change",
          "claims[\"b\"]: is a field in which visitors send"}) {
        INFO(wanted << "\n" << problems);
        CHECK(problems.find(wanted) != std::string::npos);
    }
}
