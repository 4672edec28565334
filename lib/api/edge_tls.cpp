#include "api/edge_tls.hpp"

#include <string_view>
#include <utility>

#include "transport/tls_pipe.hpp"

namespace ferrotunnel::detail {

void EdgeTls::open(const Https& https, bool with_acme) {
    std::shared_ptr<HttpsCertificates> certificates = make(https, with_acme);
    if (!inherited_ticket_keys_.empty()) {
        const WipeAtEnd wiped(inherited_ticket_keys_);
        (void)certificates->tls()->take_over_ticket_keys(inherited_ticket_keys_, Clock::now());
    }
    *present_ = certificates->tls();
    certificates_ = std::move(certificates);
    set_lookups(https);
    set_rate(https);
}

void EdgeTls::set_lookups(const Https& https) {
    const std::shared_ptr<HostLookups> present = lookups_->get();
    const std::shared_ptr<HostCertificateHandler>& handler = https.by_host.handler();
    if (present ? present->handler() != handler : handler != nullptr) {
        *lookups_ =
            handler ? std::make_shared<HostLookups>(HostLookups::Needs{handler, log_, use_of_, on_change_}) : nullptr;
        if (present) {
            present->stop();
        }
    }
}

void EdgeTls::close() {
    const std::shared_ptr<HostLookups> lookups = lookups_->get();
    *lookups_ = nullptr;
    if (lookups) {
        lookups->stop();
    }
    certificates_ = nullptr;
}

void EdgeTls::set_files(const Https& https) {
    set_lookups(https);
    certificates_.get()->set(https);
}

void EdgeTls::offered(const std::string& host) {
    const auto lookups = lookups_->get();
    const auto tls = present_->get();
    if (lookups && tls && !tls->has_own_certificate(host)) {
        lookups->offered(host);
    }
}

std::vector<transport::CertificateExpiry> EdgeTls::expiries() const {
    const std::shared_ptr<transport::VisitorTls> tls = present_->get();
    return tls ? tls->expiries() : std::vector<transport::CertificateExpiry>();
}

std::string EdgeTls::ticket_keys() const {
    const std::shared_ptr<transport::VisitorTls> tls = present_->get();
    return tls ? tls->hand_over_ticket_keys(Clock::now()) : std::string();
}

OrderedCertificates EdgeTls::ordered(bool with_acme) const {
    return {with_acme, ordered_folder_, own_folder_,
            [answers = answers_](std::string_view server_name) { return answers->tls(server_name); },
            [lookups = lookups_](std::string_view host) {
                const auto present = lookups->get();
                return present ? present->find(host) : nullptr;
            }};
}

std::unique_ptr<HttpsCertificates> EdgeTls::make(const Https& https, bool with_acme) const {
    return std::make_unique<HttpsCertificates>(https, log_, ordered(with_acme), on_change_);
}

void EdgeTls::replace(std::unique_ptr<HttpsCertificates> certificates, const Https& https) {
    set_lookups(https);
    certificates->watch();
    *present_ = certificates->tls();
    certificates_ = std::move(certificates);
    if (on_change_) {
        on_change_();
    }
}

void EdgeTls::set_ordered(const std::filesystem::path& folder) {
    ordered_folder_ = folder;
    if (const auto certificates = certificates_.get()) {
        certificates->set_ordered(folder);
    }
}

void EdgeTls::set_own(const std::filesystem::path& folder) {
    own_folder_ = folder;
    if (const auto certificates = certificates_.get()) {
        certificates->set_own(folder);
    }
}

void EdgeTls::check_ordered() {
    if (const auto certificates = certificates_.get()) {
        certificates->check_now();
    }
}

void EdgeTls::set_rate(const Https& https) {
    const auto rate = https.handshakes_per_second;
    *handshakes_ = rate == 0
                       ? nullptr
                       : std::make_shared<login::NetworkRateLimiter>(login::NetworkRateLimiter::Settings::of(rate));
}

ingress::HttpListenerSettings EdgeTls::listener() const {
    const std::shared_ptr<PresentTls> tls = present_;
    ingress::HttpListenerSettings settings;
    settings.https = true;
    settings.make_pipe = [tls](runtime::Fd socket) {
        return transport::make_tls_pipe(std::move(socket), tls->get()->context());
    };
    settings.may_serve = [tls](const transport::Pipe& pipe, std::string_view host) {
        const transport::VisitorHandshake* handshake = pipe.visitor();
        return handshake != nullptr && tls->get()->may_serve(*handshake, host);
    };
    settings.may_pass_through = [tls](std::string_view host) { return tls->get()->may_serve_plain(host); };
    settings.answers_challenge = [answers = answers_](std::string_view host) { return answers->tls(host).has_value(); };
    settings.finds_certificates = [lookups = lookups_] { return lookups->get() != nullptr; };
    settings.needs_certificate = [tls, lookups = lookups_](const std::string& host) {
        const auto present = lookups->get();
        return present && !tls->get()->has_own_certificate(host) && present->needs(host);
    };
    settings.await_certificate = [lookups = lookups_](const std::string& host, std::function<void()> ready) {
        const auto present = lookups->get();
        if (!present) {
            ready();
            return Duration::zero();
        }
        present->wait(host, std::move(ready));
        return present->timeout();
    };
    settings.handshakes = handshakes_;
    return settings;
}

ingress::HttpListenerSettings EdgeTls::plain_listener() const {
    ingress::HttpListenerSettings settings;
    if (is_open()) {
        settings.may_serve = [tls = present_](const transport::Pipe&, std::string_view host) {
            return tls->get()->may_serve_plain(host);
        };
    }
    return settings;
}

}  // namespace ferrotunnel::detail
