#include "jwt/jwt.hpp"

#include <algorithm>
#include <utility>

#include "common/authorization.hpp"
#include "common/exchange_share.hpp"
#include "jwt/cookies.hpp"
#include "jwt/jwt_settings.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool is_cookie_name(Text name) {
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return c > ' ' && c < 127 && Text("()<>@,;:\\\"/[]?={}").find(c) == Text::npos; });
}

/// There is no place to wait for the check of the token, so its validity is unknown.
Decision jwt_busy() {
    return Decision::reject(503, "jwt_busy", {{"Retry-After", "1"}});
}

}  // namespace

/// A token with valid claims, while its signature is checked.
struct Jwt::TokenCheck {
    Token token;
    std::vector<Key> keys;
    Digest digest{};
    Accepted accepted;
    Time until{};

    bool is_genuine() const {
        return std::any_of(keys.begin(), keys.end(),
                           [this](const Key& key) { return key.verify(token.signed_text, token.signature); });
    }
};

std::optional<Jwt::Accepted> Jwt::TokenCache::find(const Digest& digest, std::uint64_t keys, Time now) {
    const std::lock_guard lock(mutex);
    const Accepted* const accepted = tokens.find(digest, now);
    return accepted != nullptr && accepted->keys == keys ? std::optional(*accepted) : std::nullopt;
}

void Jwt::check(const Settings& settings) {
    settings.sets_note("auth.subject");
    settings.sets_note("jwt.sub");
    (void)read_own_keys(settings);
    for (const auto& [claim, field] : read_claims(settings)) {
        if (is_credentials(field)) {
            settings.problem("claims[\"" + claim + "\"]", "is a field in which visitors send credentials");
        }
    }
    check_key_places(settings);
    if (!is_cookie_name(settings.text("cookie").value_or(Text()))) {
        settings.problem("cookie", "is not a valid cookie name");
    }
    if (!plugin::may_write("WWW-Authenticate",
                           "Bearer realm=" + quoted_string(settings.text("realm").value_or(Text())))) {
        settings.problem("realm", "has a character that is not allowed in a field");
    }
}

Jwt::Jwt(const Settings& settings) {
    auto rules = std::make_shared<Rules>();
    rules->claims = read_claim_rules(settings);
    rules->headers = read_claims(settings);
    for (const auto& [claim, field] : rules->headers) {
        settings.declare_identity(field);
    }
    rules->cookie = settings.text("cookie").value_or(Text());
    rules->challenge = "Bearer realm=" + quoted_string(settings.text("realm").value_or(Text()));
    rules->forward = settings.boolean("forward").value_or(false);
    rules_ = std::move(rules);
    KeySource::Options places;
    places.own = read_own_keys(settings);
    places.file = settings.text("jwks_file").value_or(Text());
    places.url = settings.text("jwks_url").value_or(Text());
    places.ca_file = settings.text("jwks_ca_file").value_or(Text());
    places.refresh = std::chrono::nanoseconds(settings.integer("refresh").value_or(0));
    source_ =
        std::make_unique<KeySource>(std::move(places), [this](const std::string& line) { log(Level::error, line); });
}

void Jwt::start() {
    watch_ = std::make_unique<Periodic>(std::chrono::seconds(1),
                                        [this] { source_->tick(std::chrono::steady_clock::now()); });
}

void Jwt::stop() {
    watch_.reset();
    source_.reset();
}

Decision Jwt::refuse(const Rules& rules, const char* code) {
    const std::string challenge = rules.challenge + (Text(code) == "jwt_required" ? "" : ", error=\"invalid_token\"");
    return Decision::reject(401, code, {{"WWW-Authenticate", challenge}});
}

Decision Jwt::admit(const Rules& rules, Exchange& exchange, const Accepted& accepted) {
    bool fits = accepted.subject.empty() ||
                (exchange.set_note("jwt.sub", accepted.subject) && exchange.set_note("auth.subject", accepted.subject));
    for (std::size_t i = 0; i < rules.headers.size(); ++i) {
        const std::string& value = accepted.values[i];
        const std::string& field = rules.headers[i].second;
        // A missing claim removes the value that another plugin has set.
        fits =
            fits && (value.empty() ? exchange.remove(Side::request, field) : exchange.set(Side::request, field, value));
    }
    if (!rules.forward) {
        const auto field = exchange.field(Side::request, "Authorization");
        fits =
            fits && (!of_scheme(field.value_or(Text()), "Bearer") || exchange.remove(Side::request, "Authorization"));
        fits = fits && (rules.cookie.empty() || remove_cookie(exchange, rules.cookie));
    }
    return fits ? Decision::go_on() : Decision::reject(503, "jwt_no_room");
}

// The token of the request, or an empty text; then `fault` is set if the request has more than one.
std::string Jwt::token_of(const Exchange& exchange, std::string& fault) const {
    const auto field = exchange.field(Side::request, "Authorization");
    if (exchange.field(Side::request, "Authorization", 1)) {
        fault = "there are two Authorization fields";
        return {};
    }
    if (const auto token = of_scheme(field.value_or(Text()), "Bearer")) {
        return std::string(*token);
    }
    std::string token;
    if (!rules_->cookie.empty()) {
        each_cookie(exchange, [&](Text name, Text value) {
            if (name == rules_->cookie) {
                fault = token.empty() ? "" : "there are two cookies";
                token = value;
            }
        });
    }
    return token;
}

Decision Jwt::on_request(Exchange& exchange) {
    std::string fault;
    const std::string text = token_of(exchange, fault);
    if (!fault.empty()) {
        return refuse(*rules_, "jwt_invalid");
    }
    return text.empty() ? refuse(*rules_, "jwt_required") : judge(exchange, text, true);
}

Decision Jwt::judge(Exchange& exchange, const std::string& text, bool may_wait) {
    if (text.size() > Token::size_max) {
        return refuse(*rules_, "jwt_invalid");
    }
    const Time now = std::chrono::steady_clock::now();
    const std::shared_ptr<const KeySet> set = source_->keys();
    auto judged = std::make_shared<TokenCheck>();
    judged->digest = sha256(text);
    if (const auto accepted = token_cache_->find(judged->digest, set->number, now)) {
        return admit(*rules_, exchange, *accepted);
    }
    std::string fault;
    std::optional<Token> token = read_token(text, fault);
    double ends = 0;
    const double clock = seconds_since_1970();
    fault = token ? claims_fault(token->claims, rules_->claims, clock, ends) : fault;
    if (!fault.empty()) {
        log(Level::debug, "a token is rejected: " + fault);
        return refuse(*rules_, "jwt_invalid");
    }
    bool is_name_known = false;
    judged->keys = fitting_keys(*set, *token, is_name_known);
    if (judged->keys.empty()) {
        // There may be a new key, unless the name is known with another algorithm.
        if (!is_name_known && may_wait) {
            return wait_for_key(exchange, text);
        }
        return is_name_known ? refuse(*rules_, "jwt_invalid") : unknown_key();
    }
    constexpr double longest = 24 * 3600;  // seconds
    judged->until = now + std::chrono::milliseconds(static_cast<std::int64_t>(std::min(ends - clock, longest) * 1e3));
    judged->accepted = {claim_value(token->claims, "sub"), {}, set->number};
    for (const auto& [claim, field] : rules_->headers) {
        judged->accepted.values.push_back(claim_value(token->claims, claim));
    }
    judged->token = std::move(*token);
    return verify(exchange, std::move(judged));
}

Decision Jwt::unknown_key() const {
    return source_->is_complete() ? refuse(*rules_, "jwt_invalid") : Decision::fail();
}

Decision Jwt::wait_for_key(Exchange& exchange, const std::string& text) {
    const Share share = share_of(pool_->shares(), exchange);
    return exchange.later([&](plugin::Later handle) {
        auto later = std::make_shared<plugin::Later>(std::move(handle));
        const auto then = [this, later, text](KeySource::WaitResult why) {
            if (why == KeySource::WaitResult::displaced) {
                std::move(*later).decide(jwt_busy());
                return;
            }
            std::move(*later).resume([this, text](Exchange& waits) { return judge(waits, text, false); });
        };
        switch (source_->wait_for_unknown(share, then, std::chrono::steady_clock::now())) {
            case KeySource::Wait::begun:
                break;
            case KeySource::Wait::none:
                std::move(*later).decide(unknown_key());
                break;
            case KeySource::Wait::busy:
                std::move(*later).decide(jwt_busy());
                break;
        }
    });
}

Decision Jwt::verify(Exchange& exchange, std::shared_ptr<TokenCheck> judged) {
    const auto remember = [known = token_cache_](const TokenCheck& good) {
        const std::lock_guard lock(known->mutex);
        known->tokens.put(good.digest, good.accepted, good.until);
    };
    if (judged->keys.front().algorithm().kind == Algorithm::Kind::hmac) {  // takes no longer than its digest
        if (!judged->is_genuine()) {
            return refuse(*rules_, "jwt_invalid");
        }
        remember(*judged);
        return admit(*rules_, exchange, judged->accepted);
    }
    const Share share = share_of(pool_->shares(), exchange);
    return exchange.later([&](plugin::Later handle) {
        auto later = std::make_shared<plugin::Later>(std::move(handle));
        const auto check = [judged, later, remember, rules = rules_] {
            if (!judged->is_genuine()) {
                std::move(*later).decide(refuse(*rules, "jwt_invalid"));
                return;
            }
            remember(*judged);
            std::move(*later).resume(
                [judged, rules](Exchange& waits) { return admit(*rules, waits, judged->accepted); });
        };
        const auto give_up = [later] { std::move(*later).decide(jwt_busy()); };
        const WorkPool::Outcome outcome = pool_->submit(share, {check, give_up});
        if (outcome.displaced) {
            outcome.displaced();
        }
        if (!outcome.is_taken) {
            give_up();
        }
    });
}

}  // namespace ferrotunnel::plugins
