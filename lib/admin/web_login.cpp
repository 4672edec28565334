#include "admin/web_login.hpp"

#include <algorithm>
#include <utility>

#include "admin/limits.hpp"
#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "login/token.hpp"

namespace ferrotunnel::admin {
namespace {

using login::Digest;

Digest digest_of(std::string_view text) {
    return login::sha256({as_bytes(text)});
}

// Whether `secret` has the form of 32 random bytes: a secret of that form is either right, or guessing was hopeless.
bool cannot_be_guessed(std::string_view secret) {
    const auto token = login::parse_token(secret);
    return token && token->strength == login::TokenStrength::strong;
}

Answer nobody(std::string message) {
    return refusal(401, "login", std::move(message));
}

}  // namespace

WebLogin::WebLogin(std::string_view secret, std::uint16_t port, bool is_secure, Random& random, OnWrong on_wrong)
    : secret_(digest_of(secret)),
      is_secure_(is_secure),
      name_((is_secure ? "__Host-ferrotunnel-" : "ferrotunnel-") + std::to_string(port)),
      random_(random),
      on_wrong_(std::move(on_wrong)) {}

std::optional<Answer> WebLogin::answer(const Request& request, TimePoint now) {
    constexpr std::string_view bearer = "Bearer ";
    if (request.path == "/api/login") {
        return log_in(request, now);
    }
    if (request.path == "/api/logout") {
        return log_out(request);
    }
    if (has_session(request.cookie, now)) {
        return std::nullopt;
    }
    if (request.authorization.starts_with(bearer)) {
        Answer tried = try_secret(request, request.authorization.substr(bearer.size()), now, false);
        return tried.status == 200 ? std::nullopt : std::optional(std::move(tried));
    }
    return nobody("Log in first.");
}

bool WebLogin::is_right(std::string_view secret) const {
    return login::equal_constant_time(digest_of(secret), secret_);
}

// "a=1; ferrotunnel-7837=6d2f...; b=2"
std::string_view WebLogin::session_in(std::string_view cookies) const {
    while (!cookies.empty()) {
        const std::string_view pair = cookies.substr(0, cookies.find(';'));
        cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
        cookies.remove_prefix(std::min(cookies.find_first_not_of(' '), cookies.size()));
        if (pair.size() > name_.size() && pair.starts_with(name_) && pair[name_.size()] == '=') {
            return pair.substr(name_.size() + 1);
        }
    }
    return {};
}

bool WebLogin::has_session(std::string_view cookies, TimePoint now) {
    std::erase_if(sessions_, [now](const Session& session) { return session.until <= now; });
    const std::string_view value = session_in(cookies);
    if (value.empty()) {
        return false;
    }
    const Digest id = digest_of(value);
    return std::any_of(sessions_.begin(), sessions_.end(),
                       [&id](const Session& session) { return login::equal_constant_time(session.id, id); });
}

Answer WebLogin::log_in(const Request& request, TimePoint now) {
    if (request.method == "GET" || request.method == "HEAD") {
        return {200, Json{{"logged_in", has_session(request.cookie, now)}}};
    }
    if (request.method != "POST") {
        return wrong_method("GET and POST");
    }
    const std::optional<Json> body = object_in(request.body);
    if (!body || body->size() != 1 || !body->contains("secret") || !body->at("secret").is_string()) {
        return invalid(R"(Expected {"secret": ...}.)");
    }
    return try_secret(request, body->at("secret").get_ref<const std::string&>(), now, true);
}

Answer WebLogin::try_secret(const Request& request, std::string_view secret, TimePoint now, bool makes_session) {
    static const login::AddressNetworks unknown{};
    const login::AddressNetworks& from = request.networks != nullptr ? *request.networks : unknown;
    const bool may_try = guesses_.may_try(from, now);
    const bool is_right_one = (may_try || cannot_be_guessed(secret)) && is_right(secret);
    if (!is_right_one && !may_try) {
        return refusal(429, "too_many", "Too many wrong secrets from this address. Wait a minute.");
    }
    if (!is_right_one) {
        guesses_.failed(from, now);
        note_wrong(from.front(), now);
        return nobody("Wrong secret.");
    }
    guesses_.succeeded(from);
    Answer answer{200, Json{{"logged_in", true}}};
    answer.has_right = true;
    if (makes_session) {
        if (sessions_.size() == limits::admin_sessions_max) {
            sessions_.erase(sessions_.begin());
        }
        std::array<std::uint8_t, 32> value{};
        random_.fill(value);
        const std::string text = to_hex(value);
        sessions_.push_back({digest_of(text), now + limits::admin_session_life});
        answer.cookie = cookie(text, limits::admin_session_life);
    }
    return answer;
}

Answer WebLogin::log_out(const Request& request) {
    if (request.method != "POST") {
        return wrong_method("POST");
    }
    const Digest id = digest_of(session_in(request.cookie));
    std::erase_if(sessions_, [&id](const Session& session) { return login::equal_constant_time(session.id, id); });
    Answer answer{200, Json{{"logged_in", false}}};
    answer.cookie = cookie("", std::chrono::seconds(0));
    return answer;
}

std::string WebLogin::cookie(std::string_view value, std::chrono::seconds lives) const {
    return name_ + '=' + std::string(value) +
           "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lives.count()) +
           (is_secure_ ? "; Secure" : "");
}

void WebLogin::note_wrong(const std::string& address, TimePoint now) {
    ++unreported_;
    if (on_wrong_ && reports_.take(limits::admin_guess_reports, now)) {
        on_wrong_(address, std::exchange(unreported_, 0) - 1);
    }
}

}  // namespace ferrotunnel::admin
