#include "issuance/local_authority.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "issuance/limits.hpp"
#include "issuance/wall_clock.hpp"
#include "net/host_name.hpp"

namespace ferrotunnel::issuance {
namespace {

using acme::Identifier;
using acme::Identifiers;
using acme::WallTime;

// No host has such a name within the constraints: they have no host with an underscore in its last label.
constexpr const char* machine_file = "_machine";

std::vector<std::string> sorted_texts(const Identifiers& names) {
    std::vector<std::string> texts;
    for (const Identifier& name : names) {
        texts.push_back(name.value);
    }
    std::ranges::sort(texts);
    return texts;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : " ") + text;
    }
    return all;
}

std::string file_of_domain(const LocalSettings& settings) {
    return acme::file_name_of({Identifier::Type::dns, settings.domain});
}

}  // namespace

LocalAuthority::LocalAuthority(LocalSettings settings, Needs needs)
    : folder_(settings.folder),
      needs_(std::move(needs)),
      host_name_(local_host_name()),
      settings_(std::move(settings)) {
    folder_.make();
}

LocalAuthority::~LocalAuthority() {
    stop();
}

void LocalAuthority::prepare() {
    LocalSettings settings;
    {
        const MutexLock lock(mutex_);
        settings = settings_;
    }
    try {
        examine(settings, {});
    } catch (const std::exception& problem) {  // without memory or randomness; the thread tries again
        report_fault(problem.what());
    }
}

void LocalAuthority::start() {
    thread_ = std::thread([this] { run(); });
}

void LocalAuthority::stop() noexcept {
    {
        const MutexLock lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void LocalAuthority::set(LocalSettings settings) {
    {
        const MutexLock lock(mutex_);
        settings_ = std::move(settings);
        has_new_settings_ = true;
    }
    changed_.notify_one();
}

void LocalAuthority::offered(const std::string& host) {
    {
        const MutexLock lock(mutex_);
        if (queue_.size() >= needs_.hosts_max) {
            ++left_out_;
            return;
        }
        queue_.insert(host);
    }
    changed_.notify_one();
}

std::optional<LocalAuthority::Facts> LocalAuthority::facts() const {
    const MutexLock lock(mutex_);
    if (!ca_) {
        return std::nullopt;
    }
    return Facts{ca_->certificate_pem(), ca_->name(), folder_.authority_file(), ca_->not_after()};
}

void LocalAuthority::run() {
    ReleasableLock lock(mutex_);
    while (!is_stopping_) {
        const LocalSettings settings = settings_;
        std::set<std::string> hosts = std::exchange(queue_, {});
        has_new_settings_ = false;
        const std::size_t left_out = std::exchange(left_out_, 0);
        lock.unlock();
        try {
            examine(settings, std::move(hosts));
            if (left_out > 0) {
                report_full(left_out);
            }
        } catch (const std::exception& problem) {  // without memory or randomness; the next round tries again
            report_fault(problem.what());
        }
        lock.lock();
        changed_.wait_for(lock, limits::local_interval,
                          [this]() REQUIRES(mutex_) { return is_stopping_ || has_new_settings_ || !queue_.empty(); });
    }
}

void LocalAuthority::examine(const LocalSettings& settings, std::set<std::string> hosts) {
    hosts.merge(std::exchange(waiting_, {}));
    if (!ca_) {
        load(settings);
    }
    const WallTime now = wall_now();
    if (!is_usable(now)) {
        keep_waiting(std::move(hosts));
        return;
    }
    has_made_room_ = false;
    issue_own(settings, now);
    renew_hosts(now);
    for (const std::string& host : hosts) {
        if (MutexLock lock(mutex_); is_stopping_) {
            return;
        }
        issue_host(settings, host, now);
    }
}

// Until the next round.
void LocalAuthority::keep_waiting(std::set<std::string> hosts) {
    waiting_.merge(hosts);
    while (waiting_.size() > needs_.hosts_max) {
        waiting_.erase(std::prev(waiting_.end()));
    }
}

// --- the CA ---

void LocalAuthority::load(const LocalSettings& settings) {
    bool is_new = false;
    auto loaded = folder_.load_or_make(constraints_for(settings, host_name_), host_name_, wall_now(), is_new);
    if (!loaded) {
        report_fault(loaded.error());
        return;
    }
    {
        const MutexLock lock(mutex_);
        ca_ = std::move(loaded.value());
    }
    const std::string file = folder_.authority_file().string();
    needs_.log.log_at(is_new ? LogLevel::warn : LogLevel::info,
                      is_new ? "a CA for local development was made, which nothing trusts yet"
                             : "certificates are issued by the server's own CA",
                      {{"ca", file},
                       {"name", ca_->name()},
                       {"until", day_of(ca_->not_after())},
                       {"to_trust_it", "sudo ferrotunnel trust install --ca " + file}});
    read_certificates(settings);
}

// Those of an earlier run stay in use; those of another CA, and ended ones, are removed.
void LocalAuthority::read_certificates(const LocalSettings& settings) {
    const WallTime now = wall_now();
    for (const std::string& file : folder_.certificate_names()) {
        const bool is_of_domain = !domain_names(settings).empty() && file == file_of_domain(settings);
        if (file == machine_file || is_of_domain) {
            continue;
        }
        const LocalCa::Issued issued = folder_.read(file, *ca_);
        if (issued.names.empty() || issued.not_after <= now || renewals_.size() >= needs_.hosts_max) {
            folder_.remove(file);
        } else {
            renewals_[file] = {issued.names.front(), issued.not_after - limits::local_renewal};
        }
    }
}

bool LocalAuthority::is_usable(WallTime now) {
    if (!ca_) {
        return false;
    }
    const WallTime end = ca_->not_after();
    if (end - now < limits::local_ca_notice && !is_end_reported_) {
        is_end_reported_ = true;
        needs_.log.warn(end <= now ? "the server's own CA has ended: no certificates are issued any more"
                                   : "the server's own CA is about to end",
                        {{"end", day_of(end)},
                         {"remedy", "remove " + folder_.path().string() +
                                        " and restart the server, then trust the new CA: ferrotunnel trust install"}});
    }
    return end > now;
}

// --- certificates ---

void LocalAuthority::issue_own(const LocalSettings& settings, WallTime now) {
    const auto permitted = [&](const Identifiers& names) {
        Identifiers those;
        for (const Identifier& name : names) {
            if (ca_->permits({name})) {
                those.push_back(name);
            } else {
                report_outside(name);
            }
        }
        return those;
    };
    bool has_changed = issue(machine_file, permitted(machine_names(settings, host_name_)), now);
    if (const Identifiers names = permitted(domain_names(settings)); !names.empty()) {
        has_changed = issue(file_of_domain(settings), names, now) || has_changed;
    }
    if (has_changed) {
        needs_.on_certificate();
    }
}

void LocalAuthority::issue_host(const LocalSettings& settings, const std::string& host, WallTime now) {
    const auto normal = net::normal_host_name(host);
    if (!normal || normal.value() == "localhost" || has_domain_certificate(settings, normal.value())) {
        return;
    }
    const Identifier name{Identifier::Type::dns, normal.value()};
    if (is_left_to_acme(settings, name) || needs_.is_covered(name.value)) {
        return;
    }
    const std::string file = acme::file_name_of(name);
    if (const auto known = renewals_.find(file); known != renewals_.end() && known->second.due > now) {
        return;
    }
    if (!ca_->permits({name})) {
        report_outside(name);
        return;
    }
    if (!renewals_.contains(file) && !has_room()) {
        return;
    }
    if (issue_for(name.value, file, now)) {
        needs_.on_certificate();
    }
}

bool LocalAuthority::issue_for(const std::string& host, const std::string& file, WallTime now) {
    const bool is_made = issue(file, {{Identifier::Type::dns, host}}, now);
    const WallTime end = folder_.read(file, *ca_).not_after;
    if (end <= now) {
        keep_waiting({host});  // it cannot be written
    } else {
        renewals_[file] = {host, std::max<WallTime>(end - limits::local_renewal, now + limits::local_interval)};
    }
    return is_made;
}

// A certificate that is due although nobody offers its host is removed, before alerts about its end: it is made again
// when a client registers the host.
void LocalAuthority::renew_hosts(WallTime now) {
    bool has_changed = false;
    std::vector<std::pair<std::string, Renewal>> due;
    for (const auto& one : renewals_) {
        if (one.second.due <= now) {
            due.emplace_back(one);
        }
    }
    for (const auto& [file, renewal] : due) {
        if (needs_.is_offered(renewal.host)) {
            has_changed = issue_for(renewal.host, file, now) || has_changed;
        } else if (renewal.due + limits::local_patience <= now) {
            folder_.remove(file);
            renewals_.erase(file);
        }
    }
    if (has_changed) {
        needs_.on_certificate();
    }
}

// True if a certificate was made. One that cannot become valid for longer stays.
bool LocalAuthority::issue(const std::string& file, const Identifiers& names, WallTime now) {
    const LocalCa::Issued present = folder_.read(file, *ca_);
    const std::vector<std::string> wanted = sorted_texts(names);
    const WallTime possible = std::min<WallTime>(now + limits::local_time, ca_->not_after());
    const bool is_good =
        present.names == wanted && present.not_after > now &&
        (present.not_after > now + limits::local_renewal || possible - present.not_after < std::chrono::hours(24));
    std::string fault = is_good ? "" : folder_.issue(file, names, *ca_, now);
    if (!fault.empty()) {
        report_fault(fault);
        return false;
    }
    if (!is_good) {
        needs_.log.debug("a certificate by this server's own CA", {{"names", joined(wanted)}});
    }
    return !is_good;
}

// When there are as many as may be, those of hosts that nobody offers are removed, once a round.
bool LocalAuthority::has_room() {
    if (renewals_.size() < needs_.hosts_max) {
        return true;
    }
    for (auto each = renewals_.begin(); !has_made_room_ && each != renewals_.end();) {
        const bool is_in_use = needs_.is_offered(each->second.host);
        if (!is_in_use) {
            folder_.remove(each->first);
        }
        each = is_in_use ? std::next(each) : renewals_.erase(each);
    }
    has_made_room_ = true;
    if (renewals_.size() < needs_.hosts_max) {
        return true;
    }
    report_full(1);
    return false;
}

// --- reports ---

void LocalAuthority::report_outside(const Identifier& name) {
    if (reported_.size() >= limits::local_reports_max || !reported_.insert(name.value).second) {
        return;
    }
    needs_.log.warn("no certificate: the constraints of the server's own CA do not allow this name",
                    {{"name", name.value},
                     {"remedy", "list it in server.https.self_names, remove " + folder_.path().string() +
                                    " and restart the server, then trust the new CA: ferrotunnel trust install"}});
}

void LocalAuthority::report_full(std::size_t hosts) {
    if (!std::exchange(is_full_reported_, true)) {
        needs_.log.warn("no certificates for further hosts: the server's own CA issues for as many as it may",
                        {{"hosts", hosts},
                         {"most", needs_.hosts_max},
                         {"remedy", "set `domain`, whose wildcard serves all below it"}});
    }
}

void LocalAuthority::report_fault(const std::string& fault) {
    if (std::exchange(last_fault_, fault) != fault) {
        needs_.log.error("the server's own CA issues no certificate", {{"why", fault}});
    }
}

}  // namespace ferrotunnel::issuance
