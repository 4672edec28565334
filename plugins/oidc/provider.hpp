// One OpenID provider: its metadata and keys, and the exchange of an authorization code for what it says of its user.
//
//   tick: discovery --> Metadata, KeySource        redeem: code --token request--> ID token --signature, claims-->
//                                                          [--userinfo request-->] claims of the user
//
// OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "jwt/key_source.hpp"
#include "oidc/provider_metadata.hpp"

namespace ferrotunnel::plugins {

class Provider {
public:
    using Time = std::chrono::steady_clock::time_point;
    using LogFunction = std::function<void(const std::string&)>;  // thread-safe

    static constexpr std::size_t document_max = 256 * 1024;
    static constexpr std::chrono::minutes refresh{60};
    static constexpr std::chrono::seconds failure_pause{10};
    static constexpr std::size_t keys_urls_max = 8;  // that the provider can change to while it runs

    Provider(ProviderSettings settings, LogFunction log);
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;
    /// Ends all logins: their `done` is destroyed without being called, or called with an outage.
    ~Provider();

    const ProviderSettings& settings() const noexcept { return settings_; }
    /// Null until the provider has been reached once.
    std::shared_ptr<const ProviderMetadata> metadata() const;
    /// Fetches what is due. On one thread at a time.
    void tick(Time now);

    struct Code {
        std::string code;
        std::string redirect_uri;
        std::string verifier;  // of PKCE
        std::string nonce;
    };
    /// The claims of the user, or the reason why there are none: `is_outage` if the provider has not answered as it
    /// should; otherwise the login is refused.
    struct Result {
        nlohmann::json claims{};
        std::string fault{};
        bool is_outage = false;
        bool is_busy = false;
    };
    using Done = std::function<void(const Result&)>;
    /// Calls `done` once, on any thread, unless the provider is destroyed first. Thread-safe.
    void redeem(Share share, Code code, Done done);

private:
    struct Redemption;

    void fetch(Time now);
    void fetched(const HttpResponse& answer);
    KeySource* keys() const;
    bool ask(Share share, HttpRequest question, std::function<void(const HttpResponse&)> then);
    HttpRequest token_request(const ProviderMetadata& of, const Code& code) const;
    void on_tokens(const std::shared_ptr<Redemption>& redemption, const HttpResponse& answer);
    void verify(const std::shared_ptr<Redemption>& redemption, bool may_wait);
    void on_verified(const std::shared_ptr<Redemption>& redemption);
    void on_userinfo(const std::shared_ptr<Redemption>& redemption, const HttpResponse& answer);

    const ProviderSettings settings_;
    const LogFunction log_;
    mutable std::mutex mutex_;  // guards what follows, up to next_fetch_
    std::shared_ptr<const ProviderMetadata> metadata_;
    // The last one is used. Those before it stay, since a login may wait for them.
    std::vector<std::unique_ptr<KeySource>> keys_;
    bool fetches_ = false;
    Time next_fetch_{};
    HttpClient discovery_{1, 4, std::chrono::seconds(4)};  // its thread uses the members above
    std::mutex client_mutex_;                              // guards client_
    std::unique_ptr<HttpClient> client_;                   // null: it ends
};

}  // namespace ferrotunnel::plugins
