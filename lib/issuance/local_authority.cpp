#include "issuance/local_authority.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "base/clock.hpp"
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
      owners_(needs_.bounds),
      waiting_(needs_.bounds),
      settings_(std::move(settings)),
      queue_(needs_.bounds) {
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

// Hosts that need nothing take no place in the queue.
void LocalAuthority::offered(const std::string& host, const std::string& token) {
    const auto normal = net::normal_host_name(host);
    if (!normal) {
        return;
    }
    {
        const MutexLock lock(mutex_);
        if (is_served_otherwise(settings_, normal.value())) {
            return;
        }
        if (!queue_.add(normal.value(), token)) {
            if (left_out_.size() < limits::local_reports_max) {
                left_out_.insert(token);
            }
            return;
        }
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
        TokenHosts::Tokens hosts = queue_.take();
        has_new_settings_ = false;
        const std::set<std::string> left_out = std::exchange(left_out_, {});
        lock.unlock();
        try {
            examine(settings, std::move(hosts));
            for (const std::string& token : left_out) {
                report_full(token);
            }
        } catch (const std::exception& problem) {  // without memory or randomness; the next round tries again
            report_fault(problem.what());
        }
        report_changes();
        const std::optional<TimePoint> due = changes_.due();
        const Duration wait = due ? std::clamp<Duration>(*due - Clock::now(), Duration::zero(), limits::local_interval)
                                  : Duration(limits::local_interval);
        lock.lock();
        changed_.wait_for(lock, wait,
                          [this]() REQUIRES(mutex_) { return is_stopping_ || has_new_settings_ || !queue_.empty(); });
    }
}

void LocalAuthority::examine(const LocalSettings& settings, TokenHosts::Tokens hosts) {
    hosts.merge(waiting_.take());
    if (!ca_) {
        load(settings);
    }
    const WallTime now = wall_now();
    if (!is_usable(now)) {
        keep_waiting(hosts);
        return;
    }
    has_made_room_ = false;
    made_room_for_.clear();
    issue_own(settings, now);
    adopt(hosts);
    renew_hosts(now);
    for (const auto& [host, token] : hosts) {
        report_changes();
        if (MutexLock lock(mutex_); is_stopping_) {
            return;
        }
        issue_host(settings, host, token, now);
    }
    report_changes();
}

// Until the next round.
void LocalAuthority::keep_waiting(const TokenHosts::Tokens& hosts) {
    for (const auto& [host, token] : hosts) {
        (void)waiting_.add(host, token);
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
        if (issued.names.empty() || issued.not_after <= now || renewals_.size() >= needs_.bounds.hosts_max) {
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
        changes_.note();
        report_changes();
    }
}

void LocalAuthority::issue_host(const LocalSettings& settings, const std::string& host, const std::string& token,
                                WallTime now) {
    if (is_served_otherwise(settings, host) || needs_.is_covered(host)) {
        return;
    }
    const Identifier name{Identifier::Type::dns, host};
    const std::string file = acme::file_name_of(name);
    if (const auto known = renewals_.find(file); known != renewals_.end() && known->second.due > now) {
        return;
    }
    if (!ca_->permits({name})) {
        report_outside(name);
        return;
    }
    if (!renewals_.contains(file) && !has_room(token)) {
        return;
    }
    if (!issue_for(host, file, now)) {
        keep_waiting({{host, token}});
    } else if (!owners_.contains(host)) {
        (void)owners_.add(host, token);
    }
}

// False if there is none in the end: it cannot be written.
bool LocalAuthority::issue_for(const std::string& host, const std::string& file, WallTime now) {
    if (issue(file, {{Identifier::Type::dns, host}}, now)) {
        changes_.note();
    }
    const WallTime end = folder_.read(file, *ca_).not_after;
    if (end <= now) {
        return false;
    }
    renewals_[file] = {host, std::max<WallTime>(end - limits::local_renewal, now + limits::local_interval)};
    return true;
}

// A certificate that is due although nobody offers its host is removed, before alerts about its end: it is made again
// when a client registers the host.
void LocalAuthority::renew_hosts(WallTime now) {
    std::vector<std::pair<std::string, Renewal>> due;
    for (const auto& one : renewals_) {
        if (one.second.due <= now) {
            due.emplace_back(one);
        }
    }
    for (const auto& [file, renewal] : due) {
        if (needs_.is_offered(renewal.host)) {
            (void)issue_for(renewal.host, file, now);
        } else if (renewal.due + limits::local_patience <= now) {
            folder_.remove(file);
            owners_.remove(renewal.host);
            renewals_.erase(file);
        }
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

// --- shares ---

// Certificates of an earlier run count for the token that offers their hosts now. Without room in its share they stay,
// until there are too many of all.
void LocalAuthority::adopt(const TokenHosts::Tokens& hosts) {
    for (const auto& [host, token] : hosts) {
        if (renewals_.contains(acme::file_name_of({Identifier::Type::dns, host})) && !owners_.add(host, token)) {
            owners_.remove(host);
        }
    }
}

bool LocalAuthority::has_room(const std::string& token) {
    const auto is_full = [&] { return renewals_.size() >= needs_.bounds.hosts_max; };
    if (is_full() && !std::exchange(has_made_room_, true)) {
        make_room(nullptr);
    }
    if (!owners_.has_room(token) && made_room_for_.insert(token).second) {
        make_room(&token);
    }
    if (is_full() || !owners_.has_room(token)) {
        report_full(token);
        return false;
    }
    return true;
}

// Removes certificates of hosts that nobody offers; of one token, or of all, then also those outside of all shares.
void LocalAuthority::make_room(const std::string* token) {
    for (auto each = renewals_.begin(); each != renewals_.end();) {
        const std::string& host = each->second.host;
        const bool is_owned = owners_.contains(host);
        const bool is_examined = token == nullptr || (is_owned && owners_.token_of(host) == *token);
        if (is_examined && (!is_owned || !needs_.is_offered(host))) {
            folder_.remove(each->first);
            owners_.remove(host);
            each = renewals_.erase(each);
        } else {
            ++each;
        }
    }
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

void LocalAuthority::report_full(const std::string& token) {
    if (full_.size() < limits::local_reports_max && full_.insert(token).second) {
        needs_.log.warn("no certificates for further hosts: the server's own CA issues for as many as it may",
                        {{"token", token},
                         {"most_of_a_token", needs_.bounds.per_token_max},
                         {"most", needs_.bounds.hosts_max},
                         {"remedy", "set `domain`, whose wildcard serves all below it"}});
    }
}

void LocalAuthority::report_changes() {
    if (changes_.take(Clock::now())) {
        needs_.on_certificate();
    }
}

void LocalAuthority::report_fault(const std::string& fault) {
    if (std::exchange(last_fault_, fault) != fault) {
        needs_.log.error("the server's own CA issues no certificate", {{"why", fault}});
    }
}

}  // namespace ferrotunnel::issuance
