#include "oidc/oidc.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/base64.hpp"
#include "common/digest.hpp"
#include "common/exchange_share.hpp"
#include "jwt/token.hpp"
#include "oidc/claims.hpp"
#include "oidc/cookies.hpp"
#include "oidc/urls.hpp"

namespace ferrotunnel::plugins {

using plugin::Answer;
using plugin::Decision;
using plugin::Exchange;
using plugin::Field;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

constexpr const char* login_infix = "-login-";
constexpr std::size_t logins_max = 4;  // that one browser has begun; then the others are forgotten

std::int64_t unix_seconds() {
    return static_cast<std::int64_t>(std::time(nullptr));
}

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

Decision page(const std::string& body, std::vector<Field> fields = {}) {
    Answer made{200, std::move(fields), body};
    made.fields.push_back({"Content-Type", "text/html; charset=utf-8"});
    made.fields.push_back({"Cache-Control", "no-store"});
    made.fields.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
    return Decision::respond(std::move(made));
}

std::string html_of(std::string_view text) {
    std::string made;
    for (const char c : text) {
        switch (c) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            case '"':
                made += "&quot;";
                break;
            default:
                made += c;
        }
    }
    return made;
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

/// A path with its query, to return to. Behind "https://host" it cannot lead to another host.
bool is_target(std::string_view text) {
    return text.starts_with('/') && text.size() <= PendingLogin::target_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

void Oidc::check(const Settings& settings) {
    settings.sets_note("auth.subject");
    settings.sets_note("oidc.email");
    (void)read_oidc_settings(settings);
}

Oidc::Oidc(const Settings& settings) : settings_(read_oidc_settings(settings)), seal_(settings_.cookie_keys) {
    for (const auto& [claim, field] : settings_.claims) {
        settings.declare_identity(field);
    }
    for (const ProviderSettings& one : settings_.providers) {
        providers_.push_back(
            std::make_unique<Provider>(one, [this](const std::string& line) { log(Level::error, line); }));
    }
}

void Oidc::start() {
    watch_ = std::make_unique<Periodic>(std::chrono::seconds(1), [this] {
        for (const std::unique_ptr<Provider>& provider : providers_) {
            provider->tick(std::chrono::steady_clock::now());
        }
    });
}

void Oidc::stop() {
    watch_.reset();
    providers_.clear();
}

// --- what a request is ---

// With the port of the visitor's own URL, which only Host has.
std::optional<Oidc::Place> Oidc::place_of(const Exchange& exchange) const {
    const bool is_https = exchange.is_https();
    if (!is_https && !settings_.allows_http) {
        return std::nullopt;
    }
    const std::string host(exchange.host());
    std::string authority = host;
    if (const auto field = exchange.field(Side::request, "Host")) {
        const std::size_t colon = field->rfind(':');
        const bool has_port = colon != Text::npos && colon + 1 < field->size() &&
                              field->find_first_not_of("0123456789", colon + 1) == Text::npos;
        authority += has_port ? std::string(field->substr(colon)) : std::string();
    }
    return Place{(is_https ? "https://" : "http://") + authority, host};
}

// A cookie of another host, kind or name does not open: so a session cannot be used where it was not made.
std::string Oidc::purpose(std::string_view kind, const Place& at) const {
    return std::string(kind) + '\n' + settings_.cookie + '\n' + at.host;
}

std::optional<Session> Oidc::session(const Exchange& exchange, const Place& at) {
    const std::optional<std::string> cookie = cookie_of(exchange, settings_.cookie);
    const std::optional<std::string> text = cookie ? seal_.open(*cookie, purpose("session", at)) : std::nullopt;
    std::optional<Session> found = text ? session_of(*text) : std::nullopt;
    if (!found || found->ends <= unix_seconds()) {
        return std::nullopt;
    }
    const Provider* const provider = find(found->provider);
    if (provider == nullptr || provider->settings().issuer != found->issuer ||
        provider->settings().client_id != found->client_id) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    return ended_.find(found->id, std::chrono::steady_clock::now()) == nullptr ? found : std::nullopt;
}

const Provider* Oidc::find(std::string_view name) const {
    const auto found = std::find_if(providers_.begin(), providers_.end(), [name](const std::unique_ptr<Provider>& one) {
        return one->settings().name == name;
    });
    return found == providers_.end() ? nullptr : found->get();
}

Provider* Oidc::find(std::string_view name) {
    return const_cast<Provider*>(std::as_const(*this).find(name));
}

Decision Oidc::on_request(Exchange& exchange) {
    const std::optional<Place> at = place_of(exchange);
    if (!at) {
        return Decision::reject(403, "oidc_needs_https");
    }
    const Text path = exchange.path();
    if (path.starts_with(settings_.path) &&
        (path.size() == settings_.path.size() || path[settings_.path.size()] == '/')) {
        return own_page(exchange, *at, path.substr(settings_.path.size()));
    }
    if (const std::optional<Session> present = session(exchange, *at)) {
        return admit(exchange, *present);
    }
    return require_login(exchange, *at);
}

Decision Oidc::admit(Exchange& exchange, const Session& session) const {
    if (!settings_.allow.allows(session.email, session.groups)) {
        return Decision::reject(403, "oidc_forbidden");
    }
    bool fits = exchange.set_note("auth.subject", session.subject) && exchange.set_note("oidc.email", session.email);
    for (const auto& [claim, field] : settings_.claims) {
        const auto found = std::find_if(session.claims.begin(), session.claims.end(),
                                        [&claim = claim](const auto& one) { return one.first == claim; });
        fits = fits && (found == session.claims.end() ? exchange.remove(Side::request, field)
                                                      : exchange.set(Side::request, field, found->second));
    }
    fits = fits && remove_cookies(exchange, settings_.cookie, settings_.cookie + login_infix);
    return fits ? Decision::go_on() : Decision::reject(503, "oidc_no_room");
}

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
        links += "<p><a href=\"" + html_of(url) + "\">" + html_of(provider->settings().title) + "</a></p>\n";
    }
    return page("<!doctype html><title>Log in</title><h1>Log in</h1>\n" + links);
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
    cookies.push_back(set_cookie(prefix + login.state.substr(0, 8), seal_.seal(to_text(login), purpose("login", at)),
                                 PendingLogin::lifetime, is_secure));
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
    if (page_name == "/logout") {
        return log_out(exchange, at);
    }
    if (page_name == "/logged-out") {
        return page("<!doctype html><title>Logged out</title><h1>You are logged out.</h1>\n<p><a href=\"" +
                    html_of(at.base) + "/\">Log in again</a></p>\n");
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
        if (std::string value = claim_value(result.claims, claim); !value.empty()) {
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
