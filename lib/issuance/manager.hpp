// Orders, renews and stores the certificates of a server. docs/architecture/certificates.md has the design.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "issuance/limits.hpp"
#include "issuance/settings.hpp"
#include "issuance/status.hpp"

namespace ferrotunnel::issuance {

class Challenges;
class ClusterShare;

/// Has a thread of its own. All functions are thread-safe, and none waits for a CA. No callback is called after stop().
class Manager {
public:
    struct Needs {
        Logger& log;
        Random& random;
        Challenges& challenges;
        /// A file of the folder `certificates` has changed. Called on the manager's thread, before the log line.
        std::function<void(const std::string& name)> on_certificate;
        /// Whether a client offers this host now. Called on the manager's thread.
        std::function<bool(std::string_view host)> is_offered;
        /// Whether the operator's own files have a certificate for this name ("*.x" for a wildcard) that is not about
        /// to end: then none is ordered. Called on the manager's thread before each order; empty: none has.
        std::function<bool(std::string_view name)> is_covered{};
        /// Certificates of other members that are saved for names that nobody wants here; more are refused.
        std::size_t guests_max = limits::guest_names_max;
    };

    /// Makes the folders of the store. Throws std::system_error with a path in its text.
    Manager(Settings settings, Needs needs);
    ~Manager();
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    /// The other members of a cluster: one of them orders a name, and all get the certificate. Before start().
    void join(std::shared_ptr<ClusterShare> cluster);
    /// Starts the thread: reads the store, then orders and renews.
    void start();
    /// Ends all orders; those that a CA knows are continued after the next start. Waits for the thread.
    void stop() noexcept;

    /// Other settings from now on; `folder` stays.
    void set(Settings settings);
    /// A client of this token has registered this exact host. `is_assigned`: the server chose it below `domain`. Cheap;
    /// called for each registration.
    void offered(const std::string& host, const std::string& token_name, bool is_assigned);

    /// A snapshot, as of the last change.
    Status status() const;
    /// Orders this name again now, or every waiting name if it is empty, whatever failed before. False: unknown.
    bool renew(const std::string& name);
    /// The records for DNS-PERSIST-01 of this host, or wildcard; if it is empty of `domain` and of wildcards in
    /// `names`. At each CA. Registers accounts if there are none, and looks the records up if `check`. Calls `done`
    /// once, on the manager's thread, with the records or why there are none; not after stop().
    void records(bool check, const std::string& host,
                 std::function<void(std::vector<PersistRecord>, std::string problem)> done);
    /// Replaces the account's key at each CA. Calls `done` once, with what failed or nothing; not after stop().
    void change_keys(std::function<void(std::string problem)> done);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferrotunnel::issuance
