// A Server's own certificates: orders them from a CA while the settings have `acme`, issues them by a CA of its own
// with `https.self`, and passes them to the edge.
//
//   a client offers a host --offered--> issuance::Manager --a file has changed--> EdgeTls reads it --> clients' notices
//                                |            '--answers to CAs--> ChallengeAnswers <-- the edge
//                                '----> issuance::LocalAuthority --a file has changed--> likewise
//
//   off --open or set, with `acme`--> made --start--> on --set, without `acme`--> off
//                                                      '--stop--> stopped: nothing is ordered, CAs are still answered
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/server_edge.hpp"
#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "issuance/local_authority.hpp"
#include "issuance/status.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// open() to set() are called by one thread at a time, that of the start or of a change; the others by any thread.
class ServerCertificates {
public:
    struct Needs {
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        ServerEdge& edge;
        const ServerSessions& sessions;
    };
    explicit ServerCertificates(Needs needs) : needs_(std::move(needs)) {}
    ServerCertificates(const ServerCertificates&) = delete;
    ServerCertificates& operator=(const ServerCertificates&) = delete;

    /// What orders certificates with one store.
    class Issuer;
    /// What other settings need: the folders, and what uses them. Members are null if the settings do not need them,
    /// or if they are there already.
    struct Fresh {
        std::shared_ptr<Issuer> issuer{};
        std::shared_ptr<issuance::LocalAuthority> local{};
    };
    /// Throws std::system_error with a path in its text.
    Fresh make(const ServerSettings& settings);

    /// Before the edge is opened, so that this serves what the store has. Throws like make().
    void open(const ServerSettings& settings);
    /// Once there are listeners.
    void start(const ServerSettings& settings);
    /// Other settings from now on; `fresh` was made for them.
    void set(const ServerSettings& settings, Fresh fresh);
    /// Orders nothing any more, so that another process may; set() does nothing from then on. Waits for a set() that is
    /// in progress. Present orders are continued after the next start.
    void stop() noexcept;

    /// A client offers this host. Cheap.
    void offered(const std::string& host, const std::string& token_name, bool is_assigned);

    /// Calls offered() for each host that clients offer, soon.
    void report_hosts() const;

    /// Whether certificates are ordered.
    bool is_on() const { return issuer() != nullptr; }
    /// What others need to trust the server's own CA; empty if there is none.
    std::optional<issuance::LocalAuthority::Facts> own_authority() const;
    /// As those of issuance::Manager. Without one there are no names, records or keys.
    issuance::Status status() const;
    bool renew(const std::string& name);
    void records(bool check, const std::string& host,
                 std::function<void(std::vector<issuance::PersistRecord>, std::string problem)> done);
    void change_keys(std::function<void(std::string problem)> done);

private:
    std::shared_ptr<Issuer> issuer() const;
    std::shared_ptr<issuance::LocalAuthority> local() const;
    void join_cluster();
    void put_in_force(std::shared_ptr<Issuer> fresh);
    void put_in_force(std::shared_ptr<issuance::LocalAuthority> fresh);
    void set_issuer(const ServerSettings& settings, std::shared_ptr<Issuer> fresh);
    void set_local(const ServerSettings& settings, std::shared_ptr<issuance::LocalAuthority> fresh);
    void switch_off();
    void switch_off_local();
    bool is_offered(std::string_view host) const;
    bool is_covered(std::string_view name) const;

    const Needs needs_;
    std::shared_ptr<issuance::ClusterShare> cluster_;  // null: the server is alone; from start() on
    Mutex changing_;  // held while something starts or ends: a reload and the end may coincide
    bool has_stopped_ GUARDED_BY(changing_) = false;
    mutable Mutex mutex_;  // acquired last
    std::shared_ptr<Issuer> issuer_ GUARDED_BY(mutex_);
    std::shared_ptr<issuance::LocalAuthority> local_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
