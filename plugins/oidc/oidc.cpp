#include "oidc/oidc.hpp"

#include <algorithm>
#include <utility>

#include "oidc/cookies.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

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

// A cookie of another host, kind or name does not open: so a session cannot be used where it was not made. Nor does one
// of settings under which its address or its groups had another meaning.
std::string Oidc::purpose(std::string_view kind, const Place& at) const {
    return std::string(kind) + '\n' + settings_.cookie + '\n' + at.host + '\n' +
           (settings_.trusts_email ? "any address" : "verified addresses") + '\n' + settings_.groups_claim;
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

Provider* Oidc::find(std::string_view name) const {
    const auto found = std::find_if(providers_.begin(), providers_.end(), [name](const std::unique_ptr<Provider>& one) {
        return one->settings().name == name;
    });
    return found == providers_.end() ? nullptr : found->get();
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

}  // namespace ferrotunnel::plugins
