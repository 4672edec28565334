#include "api/server_certificates.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include "api/acme_settings.hpp"
#include "issuance/challenges.hpp"
#include "issuance/cluster_share.hpp"
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

// Without a listener nobody would see its certificates.
bool has_own_authority(const ServerSettings& settings) {
    return settings.https.self && !settings.https_bind.empty();
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

std::shared_ptr<issuance::LocalAuthority> ServerCertificates::local() const {
    const MutexLock lock(mutex_);
    return local_;
}

ServerCertificates::Fresh ServerCertificates::make(const ServerSettings& settings) {
    Fresh fresh;
    if (settings.has_acme && !is_on()) {
        fresh.issuer = std::make_shared<Issuer>(issuance_settings(settings), *this);
    }
    if (has_own_authority(settings) && !local()) {
        fresh.local = std::make_shared<issuance::LocalAuthority>(
            local_settings(settings),
            issuance::LocalAuthority::Needs{needs_.log, [&edge = needs_.edge] { edge.tls().check_ordered(); },
                                            [this](std::string_view host) { return is_offered(host); },
                                            [this](std::string_view host) { return is_covered(host); }});
    }
    return fresh;
}

void ServerCertificates::put_in_force(std::shared_ptr<Issuer> fresh) {
    EdgeTls& edge = needs_.edge.tls();
    edge.answers()->set_own(fresh->challenges);
    edge.set_ordered(fresh->folder);
    const MutexLock lock(mutex_);
    issuer_ = std::move(fresh);
}

void ServerCertificates::put_in_force(std::shared_ptr<issuance::LocalAuthority> fresh) {
    fresh->prepare();
    needs_.edge.tls().set_own(fresh->certificates());
    const MutexLock lock(mutex_);
    local_ = std::move(fresh);
}

void ServerCertificates::open(const ServerSettings& settings) {
    Fresh fresh = make(settings);
    if (fresh.issuer) {
        put_in_force(std::move(fresh.issuer));
    }
    if (fresh.local) {
        put_in_force(std::move(fresh.local));
    }
}

// Also without `acme`: a CA may ask any member.
void ServerCertificates::join_cluster() {
    if (needs_.shared->values && !cluster_) {
        cluster_ = std::make_shared<issuance::ClusterShare>(needs_.shared->values);
        cluster_->watch();
        needs_.edge.tls().answers()->set_cluster(cluster_);
    }
}

void ServerCertificates::start(const ServerSettings& settings) {
    join_cluster();
    if (const auto present = issuer()) {
        if (cluster_) {
            present->manager.join(cluster_);
        }
        present->manager.set(settings_for(settings, *needs_.shared));
        present->manager.start();
    }
    if (const auto present = local()) {
        present->start();
    }
}

void ServerCertificates::set(const ServerSettings& settings, Fresh fresh) {
    const MutexLock lock(changing_);
    if (has_stopped_) {
        return;
    }
    set_issuer(settings, std::move(fresh.issuer));
    set_local(settings, std::move(fresh.local));
}

void ServerCertificates::set_issuer(const ServerSettings& settings, std::shared_ptr<Issuer> fresh) {
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
    if (cluster_) {
        manager.join(cluster_);
    }
    put_in_force(std::move(fresh));
    manager.start();
    report_hosts();
}

void ServerCertificates::set_local(const ServerSettings& settings, std::shared_ptr<issuance::LocalAuthority> fresh) {
    if (!has_own_authority(settings)) {
        switch_off_local();
        return;
    }
    if (const auto present = local()) {
        present->set(local_settings(settings));
    } else {
        issuance::LocalAuthority& authority = *fresh;
        put_in_force(std::move(fresh));
        authority.start();
    }
    report_hosts();
}

void ServerCertificates::report_hosts() const {
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

void ServerCertificates::switch_off_local() {
    std::shared_ptr<issuance::LocalAuthority> present;
    {
        const MutexLock lock(mutex_);
        present.swap(local_);
    }
    if (present) {
        present->stop();
        needs_.edge.tls().set_own({});
        needs_.log.warn("`https.self` was switched off: the certificates of its CA are not used any more",
                        {{"folder", present->certificates().string()}});
    }
}

void ServerCertificates::stop() noexcept {
    const MutexLock lock(changing_);
    has_stopped_ = true;
    if (const auto present = issuer()) {
        present->manager.stop();
    }
    if (const auto present = local()) {
        present->stop();
    }
}

void ServerCertificates::offered(const std::string& host, const std::string& token_name, bool is_assigned) {
    needs_.edge.tls().offered(host);
    if (const auto present = issuer()) {
        present->manager.offered(host, token_name, is_assigned);
    }
    if (const auto present = local()) {
        present->offered(host, token_name);
    }
}

// Whether a client has a service at exactly this host now, whatever its path.
bool ServerCertificates::is_offered(std::string_view host) const {
    using Kind = directory::HttpMatch::Kind;
    const std::shared_ptr<const directory::HttpRoutes> routes = needs_.shared->http->routes();
    const TimePoint now = Clock::now();
    const directory::HttpMatch match = routes->find_known(host, "/", now);
    return match.host_pattern == host && (match.kind == Kind::service || match.kind == Kind::unknown_path) &&
           routes->find_tls(host, now).kind == directory::TlsMatch::Kind::none;
}

bool ServerCertificates::is_covered(std::string_view name) const {
    const std::shared_ptr<transport::VisitorTls> tls = needs_.edge.tls().present()->get();
    return tls && tls->is_covered(name, std::chrono::system_clock::now());
}

std::optional<issuance::LocalAuthority::Facts> ServerCertificates::own_authority() const {
    const auto present = local();
    return present ? present->facts() : std::nullopt;
}

issuance::Status ServerCertificates::status() const {
    const auto present = issuer();
    return present ? present->manager.status() : issuance::Status();
}

bool ServerCertificates::renew(const std::string& name) {
    const auto present = issuer();
    return present && present->manager.renew(name);
}

void ServerCertificates::records(bool check, const std::string& host,
                                 std::function<void(std::vector<issuance::PersistRecord>, std::string problem)> done) {
    if (const auto present = issuer()) {
        present->manager.records(check, host, std::move(done));
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
