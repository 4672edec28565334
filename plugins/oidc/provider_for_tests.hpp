// An OpenID provider for tests: its metadata, keys, ID tokens and claims of users.
#pragma once

#include <ctime>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/service_for_tests.hpp"
#include "jwt/signer_for_tests.hpp"

namespace ferrotunnel::test {

class FakeProvider {
public:
    FakeProvider() : service_([this](const std::string& request) { return answer(request); }) {
        const std::lock_guard lock(mutex_);
        issuer_ = service_.url.substr(0, service_.url.rfind('/'));
    }

    std::string issuer() const { return issuer_; }
    /// What the next ID tokens say, besides what a correct one has: a member with null is left out.
    void say(nlohmann::json claims) {
        const std::lock_guard lock(mutex_);
        said_ = std::move(claims);
    }
    void say_userinfo(nlohmann::json claims) {
        const std::lock_guard lock(mutex_);
        userinfo_ = std::move(claims);
    }
    /// Changes the metadata that is sent from now on.
    void publish(nlohmann::json members) {
        const std::lock_guard lock(mutex_);
        metadata_ = std::move(members);
    }
    /// The nonce of the present login, which a real provider knows from its redirect.
    void set_nonce(const std::string& nonce) {
        const std::lock_guard lock(mutex_);
        nonce_ = nonce;
    }
    /// Makes the ID token from its claims; by default it is signed with the published key.
    using Sign = std::function<std::string(const FakeProvider&, const std::string& claims)>;
    void sign_by(Sign sign) {
        const std::lock_guard lock(mutex_);
        sign_ = std::move(sign);
    }
    std::size_t count() const { return service_.count(); }
    std::string last_request_to(const std::string& path) const {
        std::string found;
        for (const std::string& request : service_.requests()) {
            if (request.find(' ' + path + ' ') != std::string::npos) {
                found = request;
            }
        }
        return found;
    }

    Signer signer{"ES256"};

private:
    std::string answer(const std::string& request) const {
        const std::lock_guard lock(mutex_);
        const std::string path =
            request.substr(request.find(' ') + 1, request.find(' ', request.find(' ') + 1) - request.find(' ') - 1);
        if (path == "/.well-known/openid-configuration") {
            nlohmann::json made{{"issuer", issuer_},
                                {"authorization_endpoint", issuer_ + "/authorize"},
                                {"token_endpoint", issuer_ + "/token"},
                                {"userinfo_endpoint", issuer_ + "/userinfo"},
                                {"end_session_endpoint", issuer_ + "/logout"},
                                {"jwks_uri", issuer_ + "/keys"}};
            made.update(metadata_);
            return Service::json(made.dump());
        }
        if (path == "/keys") {
            return Service::json(R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":")" + signer.number("qx", 32) +
                                 R"(","y":")" + signer.number("qy", 32) + R"("}]})");
        }
        if (path == "/token") {
            return token_answer();
        }
        return path == "/userinfo" ? Service::json(userinfo_.dump()) : "HTTP/1.1 404 Not Found\r\n\r\n";
    }
    std::string token_answer() const {
        nlohmann::json claims{{"iss", issuer_},
                              {"aud", "app"},
                              {"sub", "ann"},
                              {"nonce", nonce_},
                              {"iat", now()},
                              {"exp", now() + 300},
                              {"email", "ann@example.com"},
                              {"email_verified", true}};
        for (const auto& [name, value] : said_.items()) {
            claims[name] = value;
            if (value.is_null()) {
                claims.erase(name);
            }
        }
        const std::string token =
            sign_ ? sign_(*this, claims.dump()) : signer.token(R"({"alg":"ES256","kid":"k1"})", claims.dump());
        return Service::json(
            nlohmann::json{{"id_token", token}, {"access_token", "at"}, {"token_type", "Bearer"}}.dump());
    }
    static long now() { return static_cast<long>(std::time(nullptr)); }

    mutable std::mutex mutex_;  // guards what follows, up to sign_
    std::string issuer_;
    std::string nonce_;
    nlohmann::json said_ = nlohmann::json::object();
    nlohmann::json userinfo_ = nlohmann::json::object();
    nlohmann::json metadata_ = nlohmann::json::object();
    Sign sign_;
    Service service_;  // last: its thread uses the members above
};

}  // namespace ferrotunnel::test
