#include "api/server_certificates.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include "api/acme_settings.hpp"
#include "issuance/challenges.hpp"
#include "issuance/manager.hpp"

namespace ferrotunnel::detail {

namespace {

constexpr const char* off_text = "this server orders no certificates: its settings have no `acme`";

// See docs/architecture/certificates.md.
std::filesystem::path certificates_below(const std::filesystem::path& store) {
    return store / "certificates";
}

std::filesystem::path challenges_below(const std::filesystem::path& store) {
    return store / "challenges";
}

// With the listeners that there are: one that is only wished for may have been left out.
issuance::Settings settings_for(const ServerSettings& settings, const session::ServerShared& shared) {
    issuance::Settings made = issuance_settings(settings);
    made.has_http = shared.http_public.has_value();
    made.has_https = shared.https_public.has_value();
    return made;
}

}  // namespace

class ServerCertificates::Issuer {
public:
    Issuer(const issuance::Settings& settings, ServerCertificates& owner)
        : folder(certificates_below(settings.folder)),
          challenges(std::make_shared<issuance::Challenges>(challenges_below(settings.folder))),
          manager(settings, {owner.needs_.log, owner.needs_.random, *challenges,
                             [&edge = owner.needs_.edge](const std::string&) { edge.tls().check_ordered(); },
                             [&owner](std::string_view host) { return owner.is_offered(host); },
                             [&owner](std::string_view name) { return owner.is_covered(name); }}) {}

    const std::filesystem::path folder;
    const std::shared_ptr<issuance::Challenges> challenges;
    issuance::Manager manager;
};

std::shared_ptr<ServerCertificates::Issuer> ServerCertificates::issuer() const {
    const MutexLock lock(mutex_);
    return issuer_;
}

std::shared_ptr<ServerCertificates::Issuer> ServerCertificates::make(const ServerSettings& settings) {
    return settings.has_acme && !is_on() ? std::make_shared<Issuer>(issuance_settings(settings), *this) : nullptr;
}

void ServerCertificates::put_in_force(std::shared_ptr<Issuer> fresh) {
    EdgeTls& edge = needs_.edge.tls();
    edge.answers()->set_own(fresh->challenges);
    edge.set_ordered(fresh->folder);
    const MutexLock lock(mutex_);
    issuer_ = std::move(fresh);
}

void ServerCertificates::open(const ServerSettings& settings) {
    if (std::shared_ptr<Issuer> fresh = make(settings)) {
        put_in_force(std::move(fresh));
    }
}

void ServerCertificates::start(const ServerSettings& settings) {
    if (const auto present = issuer()) {
        present->manager.set(settings_for(settings, *needs_.shared));
        present->manager.start();
    }
}

void ServerCertificates::set(const ServerSettings& settings, std::shared_ptr<Issuer> fresh) {
    if (!settings.has_acme) {
        switch_off();
        return;
    }
    if (const auto present = issuer()) {
        present->manager.set(settings_for(settings, *needs_.shared));
        return;
    }
    fresh->manager.set(settings_for(settings, *needs_.shared));
    issuance::Manager& manager = fresh->manager;
    put_in_force(std::move(fresh));
    manager.start();
    needs_.sessions.for_each([](session::ServerSession& session) {
        session.report_services([](session::ServiceReplies& replies) { replies.report_hosts(); });
    });
}

// Its certificates are not renewed any more, so they are not used either: they would expire in use.
void ServerCertificates::switch_off() {
    std::shared_ptr<Issuer> present;
    {
        const MutexLock lock(mutex_);
        present.swap(issuer_);
    }
    if (!present) {
        return;
    }
    present->manager.stop();
    needs_.edge.tls().answers()->set_own(nullptr);
    needs_.edge.tls().set_ordered({});
    needs_.log.warn("`acme` was switched off: the certificates of its folder are not used any more",
                    {{"folder", present->folder.string()}});
}

void ServerCertificates::stop() noexcept {
    if (const auto present = issuer()) {
        present->manager.stop();
    }
}

void ServerCertificates::offered(const std::string& host, const std::string& token_name, bool is_assigned) {
    if (const auto present = issuer()) {
        present->manager.offered(host, token_name, is_assigned);
    }
}

// Whether a client has a service at exactly this host now, whatever its path.
bool ServerCertificates::is_offered(std::string_view host) const {
    using Kind = directory::HttpMatch::Kind;
    const std::shared_ptr<const directory::HttpRoutes> routes = needs_.shared->http->routes();
    const TimePoint now = Clock::now();
    const directory::HttpMatch match = routes->find(host, "/", now);
    return match.host_pattern == host && (match.kind == Kind::service || match.kind == Kind::unknown_path) &&
           routes->find_tls(host, now).kind == directory::TlsMatch::Kind::none;
}

bool ServerCertificates::is_covered(std::string_view name) const {
    const std::shared_ptr<transport::VisitorTls> tls = needs_.edge.tls().present()->get();
    return tls && tls->is_covered(name, std::chrono::system_clock::now());
}

issuance::Status ServerCertificates::status() const {
    const auto present = issuer();
    return present ? present->manager.status() : issuance::Status();
}

bool ServerCertificates::renew(const std::string& name) {
    const auto present = issuer();
    return present && present->manager.renew(name);
}

void ServerCertificates::records(bool check,
                                 std::function<void(std::vector<issuance::PersistRecord>, std::string problem)> done) {
    if (const auto present = issuer()) {
        present->manager.records(check, std::move(done));
    } else {
        done({}, off_text);
    }
}

void ServerCertificates::change_keys(std::function<void(std::string problem)> done) {
    if (const auto present = issuer()) {
        present->manager.change_keys(std::move(done));
    } else {
        done(off_text);
    }
}

}  // namespace ferrotunnel::detail
