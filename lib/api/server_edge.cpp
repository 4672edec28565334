#include "api/server_edge.hpp"

#include <string_view>
#include <utility>

#include "api/engine_settings.hpp"
#include "api/limits.hpp"
#include "http/rules.hpp"
#include "settings/listen_addresses.hpp"

namespace ferrotunnel::detail {
namespace {

std::error_code not_opened(std::error_code code, std::string text, std::string& what) {
    what = std::move(text);
    return code;
}

}  // namespace

std::error_code ServerEdge::open(const ServerSettings& settings, const exchange::HooksFactory& hooks,
                                 runtime::Fd& clients, std::string& what) {
    const bool with_plain = is_shared(settings.http_bind, settings.https_bind);
    const bool at_http = is_shared(settings.http_bind, settings.bind) && !with_plain;
    const bool at_https = is_shared(settings.https_bind, settings.bind);
    const std::string nowhere;
    std::error_code error;
    runtime::Fd plain = needs_.listeners.open_optional({"HTTP", with_plain || at_http ? nowhere : settings.http_bind,
                                                        Endpoint::http, settings.http_needed, settings.http_fallback},
                                                       error);
    if (error) {
        return not_opened(error, "listen for HTTP on " + settings.http_bind, what);
    }
    runtime::Fd tls = needs_.listeners.open_optional({"HTTPS", at_https ? nowhere : settings.https_bind,
                                                      Endpoint::https, settings.https_needed, settings.https_fallback},
                                                     error);
    if (error) {
        return not_opened(error, "listen for HTTPS on " + settings.https_bind, what);
    }
    plain = at_http ? std::move(clients) : std::move(plain);
    tls = at_https ? std::move(clients) : std::move(tls);
    if (tls) {
        try {
            tls_.open(settings.https, settings.has_acme);
        } catch (const transport::TlsConfigError& problem) {
            return not_opened(errc::invalid_argument, std::string("serve HTTPS: ") + problem.what(), what);
        }
    }
    if (!plain && !tls) {
        return {};
    }
    proxies_ = proxies_of(settings);
    ingress::HttpFrontSettings front;
    if (tls) {
        const std::uint16_t port = runtime::local_address(tls.get()).port();
        const std::uint16_t shown = settings.https.public_port != 0 ? settings.https.public_port : port;
        needs_.shared->https_public = session::HttpPublic{"https", shown};
        front.has_certificate = [tls = tls_.present()](std::string_view host) {
            return tls->get()->has_certificate(host);
        };
    }
    front.challenge_answer = [answers = tls_.answers()](std::string_view token) { return answers->http(token); };
    tls_.answers()->set_webroot(settings.http.acme_webroot);
    front.rules = rules_of(settings);
    front.make_hooks = hooks;
    front.own_cookies = needs_.shared->sticky_key->cookie_prefix();
    if (const directory::StickyKey* const accepted = needs_.shared->sticky_key->accepted()) {
        front.accepted_cookies = accepted->cookie_prefix();
    }
    front.on_member = needs_.shared->on_member;
    front_ =
        ingress::open_http_front({needs_.workers, needs_.shared->http, needs_.log, needs_.random}, std::move(front));
    {
        const MutexLock lock(mutex_);
        totals_ = front_->totals();
    }
    if (plain) {
        listen_plain(std::move(plain), at_http);
    }
    if (tls) {
        listen_tls(std::move(tls), at_https, with_plain);
        if (!settings.https.has_certificates() && !settings.has_acme) {
            needs_.log.warn("there are no certificates: HTTPS visitors reach only services with TLS passthrough");
        }
        tls_.watch();
    }
    return {};
}

// Callable on any thread.
HostUse ServerEdge::use_of(std::string_view host) const {
    const std::shared_ptr<const directory::HttpRoutes> routes = needs_.shared->http->routes();
    const directory::HttpMatch match = routes->find(host, "/", Clock::now());
    return match.host_pattern.empty()   ? HostUse::unknown
           : match.host_pattern == host ? HostUse::exact
                                        : HostUse::pattern;
}

// The edge's rules for visitors and requests.
ingress::HttpFrontRules ServerEdge::rules_of(const ServerSettings& settings) const {
    ingress::HttpFrontRules rules = http_front_rules(settings.http);
    rules.access = needs_.access_log.output(settings);
    rules.traces = needs_.traces.output(settings);
    const Https& https = settings.https;
    if (!needs_.shared->https_public) {
        return rules;
    }
    if (https.redirect != 0) {
        rules.edge.https_redirect = http::HttpsRedirect{https.redirect, needs_.shared->https_public->port};
    }
    if (https.hsts) {
        rules.edge.hsts = http::Hsts{https.hsts->max_age, https.hsts->include_subdomains, https.hsts->preload};
    }
    if (const auto place = net::parse_host_port(https.acme_tls_backend)) {
        rules.challenge_backend = runtime::SocketAddress::from_ip(*place).value_or(runtime::SocketAddress());
    }
    return rules;
}

void ServerEdge::set_rules(const ServerSettings& settings) {
    if (front_) {
        tls_.answers()->set_webroot(settings.http.acme_webroot);
        front_->set_rules(rules_of(settings));
    }
}

// --- listeners of the start ---

ingress::HttpListenerSettings ServerEdge::plain_listener() const {
    ingress::HttpListenerSettings settings = tls_.plain_listener();
    settings.proxies = proxies_;
    return settings;
}

ingress::HttpListenerSettings ServerEdge::tls_listener() const {
    ingress::HttpListenerSettings settings = tls_.listener();
    settings.proxies = proxies_;
    return settings;
}

ingress::HttpListenerSettings ServerEdge::announce_plain(const runtime::SocketAddress& at) {
    needs_.shared->http_public = session::HttpPublic{"http", at.port()};
    needs_.log.info("listening for HTTP visitors", {{"at", at.text()}});
    return plain_listener();
}

void ServerEdge::listen_plain(runtime::Fd listener, bool with_clients) {
    ingress::HttpListenerSettings settings = announce_plain(needs_.listeners.announce(listener, Endpoint::http));
    if (with_clients) {
        (void)needs_.listeners.announce(listener, Endpoint::clients);
        settings.sharing = needs_.sharers.sharing(true);
    }
    front_->listen(std::move(listener), std::move(settings));
}

// `with_clients`, `with_plain`: these use the same address.
void ServerEdge::listen_tls(runtime::Fd listener, bool with_clients, bool with_plain) {
    const std::shared_ptr<PresentTls> tls = tls_.present();
    needs_.shared->has_certificate = [tls](std::string_view host) { return tls->get()->has_certificate(host); };
    needs_.shared->requires_client_certificate = [tls](std::string_view host) {
        return !tls->get()->may_serve_plain(host);
    };
    const runtime::SocketAddress at = needs_.listeners.announce(listener, Endpoint::https);
    ingress::HttpListenerSettings settings = tls_listener();
    if (with_clients || with_plain) {
        const std::shared_ptr<ingress::PortSharing> shared = needs_.sharers.sharing(with_clients);
        if (with_clients) {
            (void)needs_.listeners.announce(listener, Endpoint::clients);
        }
        if (with_plain) {
            (void)needs_.listeners.announce(listener, Endpoint::http);
            shared->plain = std::make_shared<const ingress::HttpListenerSettings>(announce_plain(at));
        }
        settings.sharing = shared;
    }
    front_->listen(std::move(listener), std::move(settings));
    needs_.log.info("listening for HTTPS visitors", {{"at", at.text()}});
}

// --- listeners added and removed at run time ---

std::string ServerEdge::add(Server::Visitors visitors, const runtime::SocketAddress& at, const std::string& what) {
    const bool by_tls = visitors == Server::Visitors::https;
    if (!front_ || !(by_tls ? needs_.shared->https_public : needs_.shared->http_public)) {
        throw std::system_error(errc::unsupported, what + ": the server accepts no such visitors");
    }
    if (added_.size() >= limits::added_listeners_max) {
        throw std::system_error(errc::busy, what);
    }
    std::error_code error;
    runtime::Fd listener = runtime::listen_on(at, error);
    if (!listener) {
        throw std::system_error(error, what);
    }
    std::string chosen = runtime::local_address(listener.get()).text();
    added_.insert(chosen);
    try {
        front_->listen(std::move(listener), by_tls ? tls_listener() : plain_listener());
    } catch (...) {
        added_.erase(chosen);
        throw;
    }
    needs_.log.info(by_tls ? "listening for HTTPS visitors, too" : "listening for HTTP visitors, too",
                    {{"at", chosen}});
    return chosen;
}

bool ServerEdge::remove(const std::string& address) {
    const auto found = added_.find(address);
    if (found == added_.end()) {
        return false;
    }
    front_->close(address);
    added_.erase(found);
    needs_.log.info("no longer listening for visitors", {{"at", address}});
    return true;
}

// --- the end ---

void ServerEdge::drain() noexcept {
    if (front_) {
        front_->drain();
    }
}

void ServerEdge::retire() noexcept {
    if (front_) {
        front_->retire();
    }
}

void ServerEdge::stop() noexcept {
    if (front_) {
        front_->stop();
    }
}

std::size_t ServerEdge::connections() const noexcept {
    return front_ ? front_->connections() : 0;
}

std::shared_ptr<const exchange::EdgeCounters> ServerEdge::totals() const {
    const MutexLock lock(mutex_);
    return totals_;
}

}  // namespace ferrotunnel::detail
