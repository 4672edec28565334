// The HTTP edge of a Server: its listeners, with TLS and without.
#include <utility>

#include "api/engine_settings.hpp"
#include "api/https_certificates.hpp"
#include "api/server_impl.hpp"
#include "api/trace_target.hpp"
#include "base/mutex.hpp"
#include "http/rules.hpp"
#include "settings/places.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel {

namespace {

/// Sets the Server's error text, and returns `code`.
std::error_code fail(std::error_code code, std::string text, std::string& what) {
    what = std::move(text);
    return code;
}

}  // namespace

net::IpNetworks Server::Impl::proxies() const {
    std::vector<net::IpNetwork> networks;
    for (const std::string& text : settings_.proxies) {
        networks.push_back(net::IpNetwork::parse(text).value());
    }
    return net::IpNetworks(std::move(networks));
}

// Listens on `bind`. Empty where it cannot listen: `error` says why, unless that is not a reason to stop.
runtime::Fd Server::Impl::listen_for(const char* what, const char* name, const std::string& bind, bool needed,
                                     std::error_code& error) {
    if (bind.empty()) {
        return {};
    }
    runtime::Fd listener = listen_at(bind, name, error);
    if (!listener && !needed) {
        log_.warn(std::string("cannot listen for ") + what + ": visitors are not taken there",
                  {{"at", bind}, {"why", error.message()}});
        error.clear();
    }
    return listener;
}

// Opens the listeners. Everything that can fail comes first, so that start() may be tried again. `control` is the one
// for clients; where it is one of the edge's too, the edge takes it.
std::error_code Server::Impl::open_http(runtime::Fd& control, std::string& what) {
    const bool with_plain = detail::is_shared(settings_.http_bind, settings_.https_bind);
    const bool at_http = detail::is_shared(settings_.http_bind, settings_.bind) && !with_plain;
    const bool at_https = detail::is_shared(settings_.https_bind, settings_.bind);
    const std::string nowhere;
    std::error_code error;
    runtime::Fd plain =
        listen_for("HTTP", "http", with_plain || at_http ? nowhere : settings_.http_bind, settings_.http_needed, error);
    if (error) {
        return fail(error, "listen for HTTP on " + settings_.http_bind, what);
    }
    runtime::Fd tls =
        listen_for("HTTPS", "https", at_https ? nowhere : settings_.https_bind, settings_.https_needed, error);
    if (error) {
        return fail(error, "listen for HTTPS on " + settings_.https_bind, what);
    }
    plain = at_http ? std::move(control) : std::move(plain);
    tls = at_https ? std::move(control) : std::move(tls);
    if (tls) {
        try {
            certificates_ = std::make_unique<detail::HttpsCertificates>(settings_.https, log_);
        } catch (const transport::TlsConfigError& problem) {
            return fail(errc::invalid_argument, std::string("serve HTTPS: ") + problem.what(), what);
        }
    }
    if (!plain && !tls) {
        return {};
    }
    ingress::HttpFrontSettings settings;
    if (tls) {
        *visitor_tls_ = certificates_->tls();
        *handshakes_ = handshake_rate();
        const std::uint16_t port = runtime::local_address(tls.get()).port();
        const std::uint16_t shown = settings_.https.public_port != 0 ? settings_.https.public_port : port;
        shared_->https_public = session::HttpPublic{"https", shown};
        settings.has_certificate = [tls = visitor_tls_](std::string_view host) {
            return tls->get()->has_certificate(host);
        };
    }
    settings.rules = edge_rules();
    settings.make_hooks = plugins_.hooks();
    settings.own_cookies = shared_->sticky_key->cookie_prefix();
    settings.on_member = shared_->on_member;
    http_ = ingress::open_http_front({*group_, shared_->http, log_, random_}, std::move(settings));
    {
        const MutexLock lock(mutex_);
        http_totals_ = http_->totals();
    }
    if (plain) {
        listen_plain(std::move(plain), at_http);
    }
    if (tls) {
        listen_tls(std::move(tls), at_https, with_plain);
    }
    return {};
}

// What the edge does with visitors and requests, as the settings are now.
ingress::HttpFrontRules Server::Impl::edge_rules() const {
    ingress::HttpFrontRules rules = detail::http_front_rules(settings_.http);
    rules.access = access_log_.output(settings_);
    rules.traces = traces_.output(settings_);
    const Https& https = settings_.https;
    if (!shared_->https_public) {
        return rules;
    }
    if (https.redirect != 0) {
        rules.edge.https_redirect = http::HttpsRedirect{https.redirect, shared_->https_public->port};
    }
    if (https.hsts) {
        rules.edge.hsts = http::Hsts{https.hsts->max_age, https.hsts->include_subdomains, https.hsts->preload};
    }
    return rules;
}

std::error_code Server::Impl::open_access_log(std::string& what) {
    if (settings_.access_log.empty()) {
        return {};
    }
    std::error_code error;
    observe::AccessSink sink = observe::AccessSink::open(settings_.access_log, error);
    if (error) {
        return fail(error, "open the access log " + settings_.access_log, what);
    }
    access_log_.write_to(std::move(sink));
    return {};
}

void Server::Impl::reopen_access_log() {
    const MutexLock lock(apply_mutex_);
    access_log_.reopen();
}

std::error_code Server::Impl::open_traces(std::string& what) {
    try {
        if (std::optional<observe::TraceTarget> target = detail::make_trace_target(settings_.traces)) {
            traces_.send_to(std::move(target));
        }
    } catch (const transport::TlsConfigError& problem) {
        return fail(errc::invalid_argument, std::string("send traces: ") + problem.what(), what);
    }
    return {};
}

std::shared_ptr<login::NetworkRate> Server::Impl::handshake_rate() const {
    const auto rate = settings_.https.handshakes_per_second;
    return rate == 0 ? nullptr : std::make_shared<login::NetworkRate>(login::NetworkRate::Settings::of(rate));
}

ingress::HttpListenerSettings Server::Impl::plain_settings(const runtime::SocketAddress& at) {
    shared_->http_public = session::HttpPublic{"http", at.port()};
    log_.info("listening for HTTP visitors", {{"at", at.text()}});
    return plain_listener();
}

ingress::HttpListenerSettings Server::Impl::plain_listener() const {
    ingress::HttpListenerSettings settings;
    settings.proxies = proxies();
    if (certificates_) {
        settings.may_serve = [tls = visitor_tls_](const transport::Pipe&, std::string_view host) {
            return tls->get()->may_serve_plain(host);
        };
    }
    return settings;
}

void Server::Impl::listen_plain(runtime::Fd listener, bool with_clients) {
    const runtime::SocketAddress at = listening_at(listener, &Impl::http_endpoint_);
    ingress::HttpListenerSettings settings = plain_settings(at);
    if (with_clients) {
        (void)listening_at(listener, &Impl::control_endpoint_);
        settings.sharing = sharing(true);
    }
    http_->listen(std::move(listener), std::move(settings));
}

ingress::HttpListenerSettings Server::Impl::tls_listener() const {
    const std::shared_ptr<detail::PresentTls> tls = visitor_tls_;
    ingress::HttpListenerSettings settings;
    settings.https = true;
    settings.make_pipe = [tls](runtime::Fd socket) {
        return transport::make_tls_pipe(std::move(socket), tls->get()->context());
    };
    settings.may_serve = [tls](const transport::Pipe& pipe, std::string_view host) {
        const transport::VisitorHandshake* handshake = pipe.visitor();
        return handshake != nullptr && tls->get()->may_serve(*handshake, host);
    };
    settings.may_pass = [tls](std::string_view host) { return tls->get()->may_serve_plain(host); };
    settings.handshakes = handshakes_;
    settings.proxies = proxies();
    return settings;
}

// `with_clients`, `with_plain`: these come to the same address.
void Server::Impl::listen_tls(runtime::Fd listener, bool with_clients, bool with_plain) {
    const std::shared_ptr<detail::PresentTls> tls = visitor_tls_;
    shared_->has_certificate = [tls](std::string_view host) { return tls->get()->has_certificate(host); };
    shared_->asks_for_certificate = [tls](std::string_view host) { return !tls->get()->may_serve_plain(host); };
    const runtime::SocketAddress at = listening_at(listener, &Impl::https_endpoint_);
    ingress::HttpListenerSettings settings = tls_listener();
    if (with_clients || with_plain) {
        const std::shared_ptr<ingress::PortSharing> shared = sharing(with_clients);
        if (with_clients) {
            (void)listening_at(listener, &Impl::control_endpoint_);
        }
        if (with_plain) {
            (void)listening_at(listener, &Impl::http_endpoint_);
            shared->plain = std::make_shared<const ingress::HttpListenerSettings>(plain_settings(at));
        }
        settings.sharing = shared;
    }
    http_->listen(std::move(listener), std::move(settings));
    log_.info("listening for HTTPS visitors", {{"at", at.text()}});
    if (!settings_.https.has_certificates()) {
        log_.warn("there are no certificates: HTTPS visitors reach only services whose clients do TLS themselves");
    }
    certificates_->watch();
}

}  // namespace ferrotunnel
