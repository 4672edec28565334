// A server's own CA for local development, with the certificates that it issues. docs/architecture/certificates.md has
// the design.
//
//   a client registers a host --offered--> queue --> within the constraints? --no--> one log line
//                                                       '--yes--> a file in `certificates`, renewed while it is offered
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "issuance/change_gatherer.hpp"
#include "issuance/limits.hpp"
#include "issuance/local_folder.hpp"
#include "issuance/local_names.hpp"
#include "issuance/token_hosts.hpp"

namespace ferrotunnel::issuance {

/// Has a thread of its own. prepare(), start() and stop() are called by one thread at a time; the others are
/// thread-safe. No callback is called after stop().
class LocalAuthority {
public:
    struct Needs {
        Logger& log;
        /// Certificates have been made or replaced: once for all of limits::local_gather_time. Called on the thread,
        /// and by prepare().
        std::function<void()> on_certificate;
        /// Whether a client offers this host now.
        std::function<bool(std::string_view host)> is_offered;
        /// Whether the operator's own files have a certificate for this host that is not about to end.
        std::function<bool(std::string_view host)> is_covered;
        /// Hosts with a certificate, and hosts that wait for one.
        TokenHosts::Bounds bounds{limits::local_hosts_max, limits::local_hosts_per_token_max};
    };

    /// Makes the folder. Throws std::system_error with a path in its text.
    LocalAuthority(LocalSettings settings, Needs needs);
    ~LocalAuthority();
    LocalAuthority(const LocalAuthority&) = delete;
    LocalAuthority& operator=(const LocalAuthority&) = delete;

    /// Reads the CA or makes it, and the certificates for this machine and the domain. Faults are logged: certificates
    /// that are there stay in use. Before start(), and once.
    void prepare();
    void start();
    void stop() noexcept;

    /// Other settings from now on; `folder` stays.
    void set(LocalSettings settings);
    /// A client with this token has registered this exact host. Cheap.
    void offered(const std::string& host, const std::string& token);

    /// The folder with the certificates.
    std::filesystem::path certificates() const { return folder_.certificates(); }

    /// What others need to trust it.
    struct Facts {
        std::string certificate{};  // PEM
        std::string name{};
        std::filesystem::path file{};
        acme::WallTime not_after{};
    };
    /// Empty if the CA cannot be read.
    std::optional<Facts> facts() const;

private:
    struct Renewal {
        std::string host{};
        acme::WallTime due{};
    };

    void run();
    void load(const LocalSettings& settings);
    void read_certificates(const LocalSettings& settings);
    void examine(const LocalSettings& settings, TokenHosts::Tokens hosts);
    void keep_waiting(const TokenHosts::Tokens& hosts);
    void renew_hosts(acme::WallTime now);
    void issue_own(const LocalSettings& settings, acme::WallTime now);
    void issue_host(const LocalSettings& settings, const std::string& host, const std::string& token,
                    acme::WallTime now);
    bool issue_for(const std::string& host, const std::string& file, acme::WallTime now);
    bool issue(const std::string& file, const acme::Identifiers& names, acme::WallTime now);
    void adopt(const TokenHosts::Tokens& hosts);
    bool has_room(const std::string& token);
    void make_room(const std::string* token);
    void report_changes();
    bool is_usable(acme::WallTime now);
    void report_outside(const acme::Identifier& name);
    void report_full(const std::string& token);
    void report_fault(const std::string& fault);

    const LocalFolder folder_;
    const Needs needs_;
    const std::string host_name_;

    // Of the thread, and of prepare().
    std::map<std::string, Renewal> renewals_;  // of hosts' certificates that are there, by file name
    TokenHosts owners_;                        // of these hosts, those that count for a token
    TokenHosts waiting_;                       // hosts for which the CA could not issue
    std::set<std::string> reported_;           // names outside the constraints
    std::set<std::string> full_;               // tokens whose clients have too many hosts, which are reported
    std::string last_fault_;
    bool is_end_reported_ = false;
    bool has_made_room_ = false;           // in this round
    std::set<std::string> made_room_for_;  // tokens, in this round
    ChangeGatherer changes_{limits::local_gather_time};

    mutable Mutex mutex_;
    ConditionVariable changed_;
    std::optional<LocalCa> ca_;  // set under the mutex, by the thread or prepare(), which read it without
    LocalSettings settings_ GUARDED_BY(mutex_);
    TokenHosts queue_ GUARDED_BY(mutex_);
    std::set<std::string> left_out_ GUARDED_BY(mutex_);  // tokens for whose hosts the queue had no room
    bool has_new_settings_ GUARDED_BY(mutex_) = false;
    bool is_stopping_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last, since it uses the others
};

}  // namespace ferrotunnel::issuance
