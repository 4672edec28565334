// Logins of `oidc`: the redirect to the provider, its answer, and the plugin's own pages.
#include <algorithm>
#include <utility>

#include "common/base64.hpp"
#include "common/digest.hpp"
#include "common/exchange_share.hpp"
#include "jwt/token.hpp"
#include "oidc/claims.hpp"
#include "oidc/cookies.hpp"
#include "oidc/oidc.hpp"
#include "oidc/pages.hpp"
#include "oidc/urls.hpp"

namespace ferrotunnel::plugins {

using plugin::Answer;
using plugin::Decision;
using plugin::Exchange;
using plugin::Field;
using plugin::Side;
using plugin::Text;

namespace {

constexpr std::size_t logins_max = 4;  // that one browser has begun; then the others are forgotten

bool same_text(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

Decision redirect(const std::string& url, std::vector<Field> cookies) {
    Answer made{302, std::move(cookies), {}};
    made.fields.push_back({"Location", url});
    made.fields.push_back({"Cache-Control", "no-store"});
    made.fields.push_back({"Referrer-Policy", "no-referrer"});
    return Decision::respond(std::move(made));
}

/// Whether a person sees the answer, in the window of a browser, so that a redirect leads to the provider. Programs
/// and scripts get 401.
bool is_navigation(const Exchange& exchange) {
    if (exchange.method() != "GET") {
        return false;
    }
    if (const auto mode = exchange.field(Side::request, "Sec-Fetch-Mode")) {
        return *mode == "navigate";
    }
    for (std::size_t i = 0; const auto accept = exchange.field(Side::request, "Accept", i); ++i) {
        if (accept->find("text/html") != Text::npos) {
            return true;
        }
    }
    return false;
}

/// Whether another site, or another host of this one, has sent the visitor here.
bool is_from_elsewhere(const Exchange& exchange) {
    const auto site = exchange.field(Side::request, "Sec-Fetch-Site");
    return site && *site != "same-origin" && *site != "none";
}

/// A path with its query, to return to. Behind "https://host" it cannot lead to another host.
bool is_target(std::string_view text) {
    return text.starts_with('/') && text.size() <= PendingLogin::target_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

// --- a login ---

Decision Oidc::require_login(Exchange& exchange, const Place& at) {
    const std::string target = std::string(exchange.path()) + std::string(exchange.query());
    if (!is_navigation(exchange)) {
        return Decision::reject(401, "oidc_required",
                                {{"WWW-Authenticate", "Cookie form-action=\"" + at.base + settings_.path +
                                                          "/login\", cookie-name=\"" + settings_.cookie + "\""}});
    }
    return providers_.size() == 1 ? begin_login(exchange, at, *providers_.front(), target) : choose(at, target);
}

Decision Oidc::choose(const Place& at, const std::string& target) const {
    std::string links;
    for (const std::unique_ptr<Provider>& provider : providers_) {
        const std::string url =
            url_with(at.base + settings_.path + "/login/" + provider->settings().name, {{"to", target}});
        links += html_link(url, provider->settings().title);
    }
    return html_page("Log in", links);
}

Decision Oidc::begin_login(Exchange& exchange, const Place& at, Provider& provider, const std::string& target) const {
    const std::shared_ptr<const ProviderMetadata> metadata = provider.metadata();
    if (!metadata) {
        return Decision::fail();  // the log has the reason
    }
    PendingLogin login;
    login.state = random_text(16);
    login.provider = provider.settings().name;
    login.nonce = random_text(16);
    login.verifier = random_text(32);
    login.target = is_target(target) ? target : "/";
    login.ends = unix_seconds() + PendingLogin::lifetime;
    const Digest challenge = sha256(login.verifier);
    const std::string challenge_text =
        encode_base64url({reinterpret_cast<const char*>(challenge.data()), challenge.size()});
    const std::string redirect_uri = at.base + settings_.path + "/callback/" + login.provider;
    const std::string url = url_with(metadata->authorization_endpoint, {{"response_type", "code"},
                                                                        {"client_id", provider.settings().client_id},
                                                                        {"redirect_uri", redirect_uri},
                                                                        {"scope", provider.settings().scopes},
                                                                        {"state", login.state},
                                                                        {"nonce", login.nonce},
                                                                        {"code_challenge", challenge_text},
                                                                        {"code_challenge_method", "S256"}});
    const bool is_secure = !settings_.allows_http;
    const std::string prefix = settings_.cookie + login_infix;
    std::vector<Field> cookies;
    const std::vector<std::string> present = cookies_with_prefix(exchange, prefix);
    if (present.size() >= logins_max) {
        for (const std::string& name : present) {
            cookies.push_back(set_cookie(name, "", 0, is_secure));
        }
    }
    std::string sealed = seal_.seal(to_text(login), purpose("login", at));
    if (sealed.size() > Session::size_max) {  // of a target with many quotation marks, which are escaped in JSON
        login.target = "/";
        sealed = seal_.seal(to_text(login), purpose("login", at));
    }
    cookies.push_back(set_cookie(prefix + login.state.substr(0, 8), sealed, PendingLogin::lifetime, is_secure));
    return redirect(url, std::move(cookies));
}

// --- the plugin's own pages ---

Decision Oidc::own_page(Exchange& exchange, const Place& at, std::string_view page_name) {
    if (exchange.method() != "GET" && exchange.method() != "POST") {
        return Decision::reject(405, "oidc_method", {{"Allow", "GET, POST"}});
    }
    const std::string target = parameter_of(exchange.query(), "to").value_or("/");
    if (page_name == "/login" && providers_.size() == 1) {
        return begin_login(exchange, at, *providers_.front(), target);
    }
    if (page_name == "/login") {
        return choose(at, target);
    }
    if (page_name == "/logout" && is_from_elsewhere(exchange)) {
        return html_page("Log out?", html_link(at.base + settings_.path + "/logout", "Log out"));
    }
    if (page_name == "/logout") {
        return log_out(exchange, at);
    }
    if (page_name == "/logged-out") {
        return html_page("You are logged out.", html_link(at.base + "/", "Log in again"));
    }
    constexpr std::string_view login = "/login/";
    constexpr std::string_view answer = "/callback/";
    if (page_name.starts_with(login)) {
        Provider* const provider = find(page_name.substr(login.size()));
        return provider != nullptr ? begin_login(exchange, at, *provider, target)
                                   : Decision::reject(404, "oidc_unknown");
    }
    if (page_name.starts_with(answer)) {
        Provider* const provider = find(page_name.substr(answer.size()));
        return provider != nullptr ? callback(exchange, at, *provider) : Decision::reject(404, "oidc_unknown");
    }
    return Decision::reject(404, "oidc_unknown");
}

// The browser must have begun this login: its cookie has the state, and names the provider (RFC 9700, section 4.4).
Decision Oidc::callback(Exchange& exchange, const Place& at, Provider& provider) {
    const std::string state = parameter_of(exchange.query(), "state").value_or("");
    const std::string name = settings_.cookie + login_infix + state.substr(0, 8);
    const std::optional<std::string> cookie = state.empty() ? std::nullopt : cookie_of(exchange, name);
    const std::optional<std::string> text = cookie ? seal_.open(*cookie, purpose("login", at)) : std::nullopt;
    const std::optional<PendingLogin> login = text ? pending_login_of(*text) : std::nullopt;
    if (!login || !same_text(login->state, state) || login->provider != provider.settings().name ||
        login->ends <= unix_seconds()) {
        // A page that was loaded again, after its login.
        return session(exchange, at) ? redirect(at.base + "/", {}) : Decision::reject(400, "oidc_state");
    }
    const std::shared_ptr<const ProviderMetadata> metadata = provider.metadata();
    const std::optional<std::string> issuer = parameter_of(exchange.query(), "iss");
    if ((issuer && *issuer != provider.settings().issuer) || (!issuer && metadata && metadata->sends_issuer)) {
        return Decision::reject(400, "oidc_issuer");
    }
    if (const auto error = parameter_of(exchange.query(), "error")) {
        log(Level::info, "the provider " + provider.settings().name + " refuses a login: " + error->substr(0, 100));
        return Decision::reject(403, "oidc_denied", {set_cookie(name, "", 0, !settings_.allows_http)});
    }
    const std::optional<std::string> code = parameter_of(exchange.query(), "code");
    if (!code || code->empty()) {
        return Decision::reject(400, "oidc_state");
    }
    return redeem(exchange, at, provider, *login, *code);
}

Decision Oidc::redeem(Exchange& exchange, const Place& at, Provider& provider, const PendingLogin& login,
                      const std::string& code) {
    const Share share = share_of(shares_, exchange);
    return exchange.later([&](plugin::Later handle) {
        auto later = std::make_shared<plugin::Later>(std::move(handle));
        const std::string redirect_uri = at.base + settings_.path + "/callback/" + login.provider;
        provider.redeem(share, {code, redirect_uri, login.verifier, login.nonce},
                        [this, later, at, &provider, login](const Provider::Result& result) {
                            std::move(*later).decide(welcome(at, provider, login, result));
                        });
    });
}

// Called on a thread of the provider's.
Decision Oidc::welcome(const Place& at, const Provider& provider, const PendingLogin& login,
                       const Provider::Result& result) const {
    const bool is_secure = !settings_.allows_http;
    const Field forget = set_cookie(settings_.cookie + login_infix + login.state.substr(0, 8), "", 0, is_secure);
    if (!result.fault.empty()) {
        if (result.is_busy) {
            return Decision::reject(503, "oidc_busy", {{"Retry-After", "1"}});
        }
        log(result.is_outage ? Level::error : Level::warn,
            "a login at " + provider.settings().name + " has failed: " + result.fault);
        return result.is_outage ? Decision::fail() : Decision::reject(403, "oidc_denied", {forget});
    }
    Session made;
    made.id = random_text(16);
    made.provider = provider.settings().name;
    made.issuer = provider.settings().issuer;
    made.client_id = provider.settings().client_id;
    made.subject = text_claim(result.claims, "sub");
    made.email = verified_email(result.claims, settings_.trusts_email);
    made.groups = group_list(result.claims, settings_.groups_claim);
    for (const auto& [claim, field] : settings_.claims) {
        // Backends take an address for its owner's, so an unverified one does not reach them either.
        const bool is_hidden = claim == "email" && made.email.empty();
        if (std::string value = claim_value(result.claims, claim); !is_hidden && !value.empty()) {
            made.claims.emplace_back(claim, std::move(value));
        }
    }
    made.ends = unix_seconds() + settings_.session;
    if (!settings_.allow.allows(made.email, made.groups)) {
        return Decision::reject(403, "oidc_forbidden", {forget});
    }
    keep_groups(made.groups, settings_.allow.groups);
    const std::string sealed = seal_.seal(to_text(made), purpose("session", at));
    if (sealed.size() > Session::size_max) {
        log(Level::error, "the claims of a user at " + made.provider + " do not fit into a cookie");
        return Decision::reject(503, "oidc_no_room");
    }
    return redirect(at.base + login.target,
                    {forget, set_cookie(settings_.cookie, sealed, settings_.session, is_secure)});
}

Decision Oidc::log_out(Exchange& exchange, const Place& at) {
    std::string next = at.base + settings_.path + "/logged-out";
    const std::optional<Session> present = session(exchange, at);
    if (!present) {
        return redirect(next, {});
    }
    {
        const std::lock_guard lock(mutex_);
        const auto left = std::chrono::seconds(std::max<std::int64_t>(present->ends - unix_seconds(), 0));
        ended_.put(present->id, true, std::chrono::steady_clock::now() + left);
    }
    const Provider* const provider = find(present->provider);
    const std::shared_ptr<const ProviderMetadata> metadata = provider->metadata();
    if (metadata && !metadata->logout_endpoint.empty()) {  // OpenID Connect RP-Initiated Logout 1.0
        next = url_with(metadata->logout_endpoint,
                        {{"client_id", provider->settings().client_id}, {"post_logout_redirect_uri", next}});
    }
    return redirect(next, {set_cookie(settings_.cookie, "", 0, !settings_.allows_http)});
}

}  // namespace ferrotunnel::plugins
