#include "oidc/provider.hpp"

#include <ctime>
#include <stdexcept>
#include <utility>

#include "common/base64.hpp"
#include "common/strict_json.hpp"
#include "jwt/token.hpp"
#include "oidc/claims.hpp"
#include "oidc/id_token.hpp"
#include "oidc/urls.hpp"

namespace ferrotunnel::plugins {

using nlohmann::json;

namespace {

std::string discovery_url(const std::string& issuer) {
    return issuer + (issuer.ends_with('/') ? "" : "/") + ".well-known/openid-configuration";
}

// Why the answer cannot be used; empty if it can.
std::string answer_fault(const HttpResponse& answer) {
    if (!answer.error.empty()) {
        return answer.error;
    }
    if (answer.is_too_long) {
        return "the answer is too long";
    }
    return answer.status == 200 ? std::string() : "status " + std::to_string(answer.status);
}

}  // namespace

Provider::Provider(ProviderSettings settings, LogFunction log)
    : settings_(std::move(settings)),
      log_(std::move(log)),
      client_(std::make_unique<HttpClient>(16, 256, std::chrono::seconds(4))) {}

// The client's thread uses the sources of keys, and theirs use the client.
Provider::~Provider() {
    std::unique_ptr<HttpClient> ends;
    {
        const std::lock_guard lock(client_mutex_);
        ends = std::move(client_);
    }
}

bool Provider::ask(Share share, HttpRequest question, std::function<void(const HttpResponse&)> then) {
    const std::lock_guard lock(client_mutex_);
    return client_ != nullptr && client_->ask(share, std::move(question), std::move(then));
}

std::shared_ptr<const ProviderMetadata> Provider::metadata() const {
    const std::lock_guard lock(mutex_);
    return metadata_;
}

KeySource* Provider::keys() const {
    const std::lock_guard lock(mutex_);
    return keys_.empty() ? nullptr : keys_.back().get();
}

// --- discovery ---

void Provider::tick(Time now) {
    {
        const std::lock_guard lock(mutex_);
        if (!fetches_ && now >= next_fetch_) {
            fetch(now);
        }
    }
    if (KeySource* const source = keys()) {
        source->tick(now);
    }
}

// With the lock held.
void Provider::fetch(Time now) {
    HttpRequest question;
    question.url = discovery_url(settings_.issuer);
    question.fields = {{"Accept", "application/json"}};
    question.body_max = document_max;
    question.ca_file = settings_.ca_file;
    next_fetch_ = now + failure_pause;
    fetches_ = discovery_.ask({}, std::move(question), [this](const HttpResponse& answer) { fetched(answer); });
}

void Provider::fetched(const HttpResponse& answer) {
    std::string problem = answer_fault(answer);
    std::shared_ptr<const ProviderMetadata> made;
    std::unique_ptr<KeySource> source;
    try {
        if (problem.empty()) {
            made = std::make_shared<const ProviderMetadata>(read_metadata(answer.body, settings_));
            const auto present = metadata();
            if (!present || present->keys_url != made->keys_url) {
                source = std::make_unique<KeySource>(
                    KeySource::Options{{}, {}, made->keys_url, settings_.ca_file, std::chrono::minutes(10)}, log_);
            }
        }
    } catch (const std::exception& wrong) {
        problem = wrong.what();
    }
    {
        const std::lock_guard lock(mutex_);
        fetches_ = false;
        if (problem.empty() && source && keys_.size() == keys_urls_max) {
            problem = "has changed the URL of its keys too often; reload the plugin";
        }
        if (problem.empty()) {
            next_fetch_ = std::chrono::steady_clock::now() + refresh;
            metadata_ = made;
            if (source) {
                keys_.push_back(std::move(source));
            }
        }
    }
    if (!problem.empty()) {
        log_(discovery_url(settings_.issuer) + " " + problem);
    }
}

// --- a login ---

struct Provider::Redemption {
    Share share;
    Code code;
    Done done;
    std::shared_ptr<const ProviderMetadata> metadata;
    Token token{};
    std::string access_token{};

    void refuse(std::string fault) const { done({{}, std::move(fault), false, false}); }
    void fail(std::string fault) const { done({{}, std::move(fault), true, false}); }
    void reject_busy() const { done({{}, "too many logins wait", true, true}); }
};

HttpRequest Provider::token_request(const ProviderMetadata& of, const Code& code) const {
    std::vector<std::pair<std::string_view, std::string_view>> form{{"grant_type", "authorization_code"},
                                                                    {"code", code.code},
                                                                    {"redirect_uri", code.redirect_uri},
                                                                    {"code_verifier", code.verifier}};
    HttpRequest asked;
    asked.url = of.token_endpoint;
    asked.ca_file = settings_.ca_file;
    asked.fields = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    if (!settings_.client_secret.empty() && of.takes_basic) {
        const std::string pair = url_encoded(settings_.client_id) + ':' + url_encoded(settings_.client_secret);
        asked.fields.push_back({"Authorization", "Basic " + encode_base64(pair)});
    } else {
        form.emplace_back("client_id", settings_.client_id);
        if (!settings_.client_secret.empty()) {
            form.emplace_back("client_secret", settings_.client_secret);
        }
    }
    asked.body = form_of(form);
    return asked;
}

void Provider::redeem(Share share, Code code, Done done) {
    auto redemption = std::make_shared<Redemption>(Redemption{share, std::move(code), std::move(done), metadata()});
    if (!redemption->metadata) {
        redemption->fail("the provider has not been reached yet");
        return;
    }
    HttpRequest asked = token_request(*redemption->metadata, redemption->code);
    const bool is_taken =
        ask(share, std::move(asked), [this, redemption](const HttpResponse& answer) { on_tokens(redemption, answer); });
    if (!is_taken) {
        redemption->reject_busy();
    }
}

void Provider::on_tokens(const std::shared_ptr<Redemption>& redemption, const HttpResponse& answer) {
    if (answer.is_displaced) {
        redemption->reject_busy();
        return;
    }
    if (answer.error.empty() && (answer.status == 400 || answer.status == 401)) {
        const std::optional<json> body = parse_strict_object(answer.body);
        const std::string code = body ? text_at(*body, "error").value_or("") : std::string();
        redemption->refuse("the provider refuses the code: " + (code.empty() ? "no reason" : code));
        return;
    }
    if (const std::string fault = answer_fault(answer); !fault.empty()) {
        redemption->fail("the token endpoint: " + fault);
        return;
    }
    const std::optional<json> body = parse_strict_object(answer.body);
    const std::optional<std::string> id_token = body ? text_at(*body, "id_token") : std::nullopt;
    if (!id_token) {
        redemption->fail("the token endpoint sent no ID token");
        return;
    }
    std::string fault;
    std::optional<Token> token = read_token(*id_token, fault);
    if (token) {
        fault = id_token_fault(token->claims, {settings_.issuer, settings_.client_id, redemption->code.nonce},
                               static_cast<double>(std::time(nullptr)));
    }
    if (!fault.empty()) {
        redemption->refuse("the ID token is not valid: " + fault);
        return;
    }
    redemption->token = std::move(*token);
    redemption->access_token = text_at(*body, "access_token").value_or("");
    verify(redemption, true);
}

// Checks the signature, with new keys if none fits.
void Provider::verify(const std::shared_ptr<Redemption>& redemption, bool may_wait) {
    KeySource* const source = keys();  // there is one since there is metadata
    bool is_name_known = false;
    const Token& token = redemption->token;
    const std::vector<Key> fitting = fitting_keys(*source->keys(), token, is_name_known);
    for (const Key& key : fitting) {
        if (key.verify(token.signed_text, token.signature)) {
            on_verified(redemption);
            return;
        }
    }
    if (!fitting.empty() || is_name_known || !may_wait) {
        source->is_complete() ? redemption->refuse("no key of the provider has signed the ID token")
                              : redemption->fail("the provider's keys are not known yet");
        return;
    }
    const auto then = [this, redemption](KeySource::WaitResult why) {
        why == KeySource::WaitResult::displaced ? redemption->reject_busy() : verify(redemption, false);
    };
    switch (source->wait_for_unknown(redemption->share, then, std::chrono::steady_clock::now())) {
        case KeySource::Wait::begun:
            return;
        case KeySource::Wait::none:
            verify(redemption, false);
            return;
        case KeySource::Wait::busy:
            redemption->reject_busy();
    }
}

void Provider::on_verified(const std::shared_ptr<Redemption>& redemption) {
    if (!settings_.asks_userinfo) {
        redemption->done({redemption->token.claims, {}, false, false});
        return;
    }
    HttpRequest asked;
    asked.url = redemption->metadata->userinfo_endpoint;
    asked.ca_file = settings_.ca_file;
    asked.fields = {{"Accept", "application/json"}, {"Authorization", "Bearer " + redemption->access_token}};
    const bool is_taken = ask(redemption->share, std::move(asked),
                              [this, redemption](const HttpResponse& answer) { on_userinfo(redemption, answer); });
    if (!is_taken) {
        redemption->reject_busy();
    }
}

// Its claims complete those of the ID token, which is signed and has precedence.
void Provider::on_userinfo(const std::shared_ptr<Redemption>& redemption, const HttpResponse& answer) {
    if (answer.is_displaced) {
        redemption->reject_busy();
        return;
    }
    const std::string fault = answer_fault(answer);
    const std::optional<json> body = fault.empty() ? parse_strict_object(answer.body) : std::nullopt;
    if (!body) {
        redemption->fail("the userinfo endpoint: " + (fault.empty() ? "not a JSON object" : fault));
        return;
    }
    json claims = redemption->token.claims;
    if (text_at(*body, "sub") != text_at(claims, "sub")) {  // OpenID Connect Core, section 5.3.2
        redemption->refuse("the userinfo endpoint describes another user");
        return;
    }
    complete_claims(claims, *body);
    redemption->done({std::move(claims), {}, false, false});
}

}  // namespace ferrotunnel::plugins
