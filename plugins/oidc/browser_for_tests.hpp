// A browser for tests of `oidc`, and the settings that these have in common.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"
#include "oidc/provider_for_tests.hpp"
#include "oidc/urls.hpp"

namespace ferrotunnel::test {

inline constexpr const char* oidc_key = "0123456789abcdef0123456789abcdef";
inline constexpr const char* oidc_callback = "/.ferrotunnel/oidc/callback/main";

inline std::string oidc_provider_text(const FakeProvider& provider, const std::string& more = "") {
    return "{issuer: '" + provider.issuer() + "', client_id: app" + more + "}";
}

inline std::string oidc_settings_for(const FakeProvider& provider, const std::string& more = "",
                                     const std::string& of_provider = "") {
    return "{providers: [" + oidc_provider_text(provider, of_provider) + "], cookie_keys: [" + oidc_key + "]" + more +
           "}";
}

/// A browser: it keeps cookies, and sends "Sec-Fetch-Mode: navigate" as for a page that a person opens.
class OidcBrowser {
public:
    explicit OidcBrowser(plugin::TestChain& chain) : chain_(chain) {}

    plugin::TestExchange get(const std::string& target, bool is_navigation = true) {
        plugin::TestRequest request;
        request.target = target;
        request.host = host;
        request.https = https;
        if (is_navigation) {
            request.fields.push_back({"Sec-Fetch-Mode", "navigate"});
        }
        for (const auto& field : fields) {
            request.fields.push_back(field);
        }
        if (const std::string text = cookie_text(); !text.empty()) {
            request.fields.push_back({"Cookie", text});
        }
        plugin::TestExchange exchange = chain_.request(request);
        exchange.wait();
        if (exchange.answered()) {
            keep(exchange.answer());
        }
        return exchange;
    }
    plugin::TestAnswer visit(const std::string& target, bool is_navigation = true) {
        return get(target, is_navigation).answer();
    }
    /// Asks until the provider's metadata are known; returns where it redirects to.
    std::string begin(const std::string& target = "/") {
        for (auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
             std::chrono::steady_clock::now() < deadline;) {
            const plugin::TestAnswer answer = visit(target);
            if (answer.status != 503) {
                CHECK(answer.status == 302);
                return answer.field("Location").value_or("");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        FAIL("the provider was not reached");
        return {};
    }
    /// A whole login; the last answer.
    plugin::TestAnswer log_in(FakeProvider& provider, const std::string& target = "/") {
        const std::string location = begin(target);
        const std::string query = location.substr(location.find('?'));
        provider.set_nonce(plugins::parameter_of(query, "nonce").value());
        return visit(std::string(oidc_callback) + "?code=c&state=" + plugins::parameter_of(query, "state").value());
    }
    std::string cookie_text() const {
        std::string text;
        for (const auto& [name, value] : cookies) {
            text += (text.empty() ? "" : "; ") + name + "=" + value;
        }
        return text;
    }

    std::string host = "app.example.com";
    bool https = true;
    std::map<std::string, std::string> cookies;
    std::vector<plugin::Field> fields;

private:
    void keep(const plugin::TestAnswer& answer) {
        for (const plugin::Field& field : answer.fields) {
            if (field.name == "Set-Cookie") {
                const std::size_t equals = field.value.find('=');
                const std::string name = field.value.substr(0, equals);
                cookies[name] = field.value.substr(equals + 1, field.value.find(';') - equals - 1);
                if (field.value.find("Max-Age=0;") != std::string::npos) {
                    cookies.erase(name);
                }
            }
        }
    }

    plugin::TestChain& chain_;
};

}  // namespace ferrotunnel::test
