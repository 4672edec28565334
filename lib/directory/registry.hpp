// The server's table of sessions, and of the public ports and hosts that they claim. Only a table: it returns what is
// to be done and calls nothing; takeover.hpp acts on the answers. All members may be called from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "directory/claim_name.hpp"
#include "directory/claim_record.hpp"
#include "directory/membership.hpp"
#include "directory/refusal.hpp"
#include "directory/right_rules.hpp"
#include "directory/session_handle.hpp"
#include "login/port_policy.hpp"
#include "login/token.hpp"
#include "wire/code.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

/// Identifies a session in its registry; never reused.
using SessionKey = std::uint64_t;

/// What an authenticated client has stated about itself, and what its token allows.
struct SessionInfo {
    SessionKey key = 0;  // from Registry::new_key
    login::TokenId token{};
    std::string token_name;
    wire::InstanceId instance{};
    std::uint64_t epoch = 0;    // raised by the client each time it connects again with no trunk left
    std::uint64_t attempt = 0;  // raised with each login of one epoch
    std::uint32_t trunk = 1;    // which of the tunnel's connections this is
    std::string agent;          // from the peer: must be cleaned before it is shown on a terminal
    std::string address;        // address of the trunk's peer
    TimePoint since{};
    login::PortPolicy ports;
    std::string identity{};  // common to the client and its successor; empty: none
    bool replaces = false;   // it wants to replace the client with its identity, and has not yet
};

/// The refusal of another port. `who_has` is, for example, "The clients of this token have".
Refusal too_many_ports(const char* who_has, std::size_t most);

struct Admitted {};
/// Older sessions of the same client: evict them with `superseded`, then admit again. Or one of its token that has no
/// connection, if another session would exceed the limit: it is evicted.
struct Superseding {
    std::vector<std::shared_ptr<SessionHandle>> older;
    bool evicts_detached = false;
};
using AdmitAnswer = std::variant<Admitted, Superseding, Refusal>;

struct Granted {};
/// Another client with the same token holds the name: probe all its trunks, evict them if all are silent, then claim
/// again; refuse if one is alive.
struct Contested {
    std::vector<std::shared_ptr<SessionHandle>> holders;
    Refusal if_alive;
};
using ClaimAnswer = std::variant<Granted, Contested, Refusal>;

struct ClaimInfo {
    ClaimName name = 0;
    std::uint32_t service = 0;
    TimePoint since{};
};

struct TunnelInfo {
    SessionKey session = 0;
    std::string token_name;
    std::string agent;
    std::string address;
    std::uint64_t epoch = 0;
    TimePoint since{};
    std::vector<ClaimInfo> claims;  // hosts, then ports, in their order
};

/// The holder of a public port or a host: the trunks of one tunnel that have registered it, or of several tunnels that
/// form a group.
struct ClaimHolder {
    std::vector<SessionKey> sessions;  // in the order in which they claimed it
    std::uint32_t service = 0;         // of the first one
};

class Registry {
public:
    /// How long a port stays reserved for its token if its client has ended without a GOAWAY, or the server was
    /// restarted: clients reconnect within this time.
    static constexpr std::chrono::seconds ports_kept_for{60};
    static_assert(ports_kept_for > limits::backoff_max);

    struct Settings {
        std::size_t sessions_max = limits::sessions_max;
        std::size_t sessions_per_token_max = limits::sessions_max;
        std::size_t ports_per_token_max = limits::ports_per_token_settable_max;
        std::size_t claims_per_session_max = limits::services_max;  // ports
        std::size_t hosts_per_session_max = limits::http_hosts_per_session_max;
        std::size_t trunks_per_tunnel_max = limits::trunks_per_tunnel_max;
    };

    Registry() : Registry(Settings{}) {}
    explicit Registry(const Settings& settings) : settings_(settings) {}

    /// Sets the tokens and their rights, which apply to later claims. Ports are no longer reserved for tokens that are
    /// gone.
    void set_rules(std::shared_ptr<const RightRules> rules);
    /// An external token is gone: likewise.
    void forget_unknown_owners();
    /// Never null.
    std::shared_ptr<const RightRules> rules() const;
    /// Sets the limits of all clients of one token, and the ports that tokens without a right to ports may have: for
    /// later claims. Existing claims stay.
    void set_quotas(std::size_t sessions_per_token, std::size_t ports_per_token);
    void set_ports(const login::PortPolicy& every_token);

    /// Connections of a token's clients at the other members of a cluster, which count towards its right to
    /// connections.
    void set_elsewhere(const login::TokenId& token, std::size_t connections);
    std::size_t elsewhere(const login::TokenId& token) const;
    /// Its sessions here.
    std::size_t sessions_of(const login::TokenId& token) const;

    /// A key for a future session, which needs it before it is admitted, since from then on it may be evicted.
    SessionKey new_key() noexcept { return ++last_key_; }

    /// Admits a session whose proof has been verified, and keeps it alive until `remove`. The answer depends on what
    /// the same client (token and instance) already has here:
    ///   nothing                      admitted
    ///   lower epoch                  Superseding
    ///   same epoch, another trunk    admitted, as another trunk of the same tunnel, up to trunks_per_tunnel_max
    ///   same epoch, same trunk       Superseding: that trunk was lost and this side has not noticed, or it rotates;
    ///                                refused as superseded if that one's attempt is higher
    ///   higher epoch                 refused as superseded: this login was overtaken
    AdmitAnswer admit(const SessionInfo& info, std::shared_ptr<SessionHandle> handle);

    /// Records that the client has unregistered a service on this trunk, which applies to all of its tunnel. Later
    /// claims of the other trunks for the id are refused, since they were requested before that: they would displace
    /// what the client has registered instead. Each of them may use the id again when it has called this too. Of the
    /// ids that a trunk has not called this for, the last `ended_services_max` are remembered.
    void end_service(SessionKey session, std::uint32_t service);
    /// Why the trunk may not have the service, if another one of its tunnel has ended it.
    std::optional<Refusal> refuse_ended(SessionKey session, std::uint32_t service) const;
    static constexpr std::size_t ended_services_max = limits::services_max;

    /// Claims a public port (not 0: bind first, then claim what the system chose) or a host. Granted again for what the
    /// same service already has, also on another trunk of the tunnel; for what `group` (of membership.hpp; empty: only
    /// the client has the service) has already; and for what only predecessors have.
    ClaimAnswer claim(SessionKey session, std::uint32_t service, const ClaimName& name, TimePoint now,
                      const std::optional<ClientId>& group = std::nullopt);

    // Hand-over (docs/architecture/handover.md): a client's *predecessors* are those of the same token and identity, if
    // it wants to replace them. Of several clients that want this and have not done it, a later one is not a
    // predecessor.

    /// All trunks of the predecessors of the session's client.
    std::vector<std::shared_ptr<SessionHandle>> predecessors(SessionKey session) const;
    /// Their identities.
    std::vector<ClientId> predecessor_ids(SessionKey session) const;
    /// Whether a predecessor has the name too, and not as a member of the same group: it is served there until the
    /// replacement.
    bool waits_for_handover(SessionKey session, const ClaimName& name) const;
    struct HandoverPlan {
        ClientId successor{};
        std::vector<std::shared_ptr<SessionHandle>> trunks{};  // of the successor
        std::vector<ClientId> predecessors{};
        std::vector<ClientId> owners{};  // of the names that both have: predecessors, or their groups
    };
    /// The effect of replacing the predecessors now.
    HandoverPlan handover_plan(SessionKey session) const;
    /// Completes the replacement: names that both have belong only to the successor, and the predecessors, all trunks
    /// of which are returned, claim nothing any more.
    std::vector<std::shared_ptr<SessionHandle>> commit_handover(const HandoverPlan& handover_plan);
    /// Whether another client has replaced the session's: during the session, or before its login, while the client was
    /// disconnected. The client must be notified.
    bool is_replaced(SessionKey session) const;

    /// Releases a name. Does nothing if the session does not hold it. Other trunks keep it.
    void release(SessionKey session, const ClaimName& name);
    /// Releases a name for all trunks of the session's client.
    void release_for_all(SessionKey session, const ClaimName& name);

    /// Removes a session that has ended, with all its claims. Close its listeners first.
    void remove(SessionKey session);

    /// Reserves a TCP port on which the server itself listens: no client gets it, on any address.
    void reserve(std::uint16_t port);

    /// Reserves a port for this token until `until`: its clients had it before a restart, and will reconnect.
    void keep(std::uint16_t port, const login::TokenId& owner, TimePoint until, Transport transport = Transport::tcp);
    /// Reserves the ports of a session that is about to end: its client will reconnect. `is_recorded`: also across a
    /// restart of the server.
    void keep_ports(SessionKey session, TimePoint until, bool is_recorded = true);
    /// The ports that are claimed or reserved, by token.
    std::vector<ClaimRecord::Port> ports(TimePoint now) const;
    /// Sets a function that is called, with the lock held, whenever ports() has changed: it must not call back. May be
    /// empty.
    void on_change(std::function<void()> changed);

    std::vector<TunnelInfo> tunnels() const;
    std::optional<ClaimHolder> holder_of(const ClaimName& name) const;
    std::size_t session_count() const;

private:
    struct Session {
        SessionInfo info;
        std::shared_ptr<SessionHandle> handle;
        std::size_t ports = 0;  // that it holds
        std::size_t hosts = 0;
        std::set<ClaimName> names{};        // the claims of the session
        std::deque<std::uint32_t> ended{};  // services that other trunks have ended, and this one has not yet
        bool replaced = false;              // another client has replaced its own

        bool has_ended(std::uint32_t service) const noexcept {
            return std::find(ended.begin(), ended.end(), service) != ended.end();
        }
        std::size_t& count_of(const ClaimName& name) noexcept { return name.is_port() ? ports : hosts; }
        void give_back(const ClaimName& name) {
            --count_of(name);
            names.erase(name);
        }
    };
    struct Holder {
        SessionKey session = 0;
        std::uint32_t service = 0;
        std::optional<ClientId> group{};  // that has the service
    };
    struct Claim {
        // Trunks of one tunnel, or of a group, or of predecessors and their successors; never empty.
        std::vector<Holder> holders;
        TimePoint since{};
        login::TokenId owner{};
    };
    using Claims = std::map<ClaimName, Claim>;
    /// The sessions and ports of one token's clients.
    struct Holding {
        std::size_t sessions = 0;
        std::size_t ports = 0;  // each counted once, however many trunks hold it
    };

    struct Kept {
        login::TokenId owner{};
        TimePoint until{};
        bool is_recorded = true;
    };

    void drop_kept(const RightRules& rules) REQUIRES(mutex_);
    bool is_kept_from(const Session& claimant, const ClaimName& name, TimePoint now) REQUIRES(mutex_);
    void changed(const ClaimName& name) const REQUIRES(mutex_);
    ClaimAnswer refuse_or_contest(const Session& claimant, const ClaimName& name, const Session& holder) const
        REQUIRES(mutex_);
    std::optional<Refusal> too_many_sessions(const login::TokenId& token, bool replaces) const REQUIRES(mutex_);
    std::shared_ptr<SessionHandle> longest_detached(const login::TokenId& token) const REQUIRES(mutex_);
    bool precedes(const Session& one, const SessionInfo& other) const REQUIRES(mutex_);
    template <typename Action>
    void for_predecessors(const SessionInfo& info, Action action) const REQUIRES(mutex_);
    bool was_replaced(const SessionInfo& info) const REQUIRES(mutex_);
    bool is_successor(const SessionInfo& info) const REQUIRES(mutex_);
    bool replaces_any(const SessionInfo& info) const REQUIRES(mutex_);
    bool exceeds_quota(const login::TokenId& token, std::size_t sessions, bool replaces) const REQUIRES(mutex_);
    std::size_t session_limit_of(const login::TokenId& token) const;
    std::optional<Refusal> too_many_claims(Session& claimant, const ClaimName& name, bool is_new) const
        REQUIRES(mutex_);
    void end_claim(Claims::iterator claim) REQUIRES(mutex_);
    static ClientId client_of(const SessionInfo& info) { return {info.token, info.instance}; }
    const Holder* holder_among(const Claim& claim, const ClientId& client) const REQUIRES(mutex_);
    Session* holding(const Claim& claim, SessionKey session) REQUIRES(mutex_);
    static bool give_up(Claim& claim, SessionKey session);

    Settings settings_;
    std::atomic<SessionKey> last_key_{0};
    mutable Mutex mutex_;
    std::map<SessionKey, Session> sessions_ GUARDED_BY(mutex_);
    std::map<ClientId, std::vector<SessionKey>> clients_ GUARDED_BY(mutex_);
    std::map<std::pair<login::TokenId, std::string>, wire::InstanceId> successors_
        GUARDED_BY(mutex_);                                          // by identity, the client that replaced it
    std::map<login::TokenId, Holding> holdings_ GUARDED_BY(mutex_);  // of tokens that have sessions
    std::map<login::TokenId, std::size_t> elsewhere_ GUARDED_BY(mutex_);
    Claims claims_ GUARDED_BY(mutex_);
    std::map<std::pair<std::uint16_t, Transport>, Kept> kept_ GUARDED_BY(mutex_);
    std::set<std::uint16_t> own_ports_ GUARDED_BY(mutex_);  // the server's
    std::function<void()> on_change_ GUARDED_BY(mutex_);
    mutable Mutex rules_mutex_;  // a separate lock, since visitors read the rules too; acquired last
    std::shared_ptr<const RightRules> rules_ GUARDED_BY(rules_mutex_) = std::make_shared<RightRules>();
};

/// The settings for this many tokens. If there are several, none of them can use all sessions or ports; the operator's
/// values take precedence.
inline Registry::Settings registry_settings(std::size_t tokens, std::optional<std::uint64_t> sessions_per_token = {},
                                            std::optional<std::uint64_t> ports_per_token = {}) {
    Registry::Settings settings;
    if (tokens > 1) {
        settings.sessions_per_token_max = limits::sessions_per_token_max;
        settings.ports_per_token_max = limits::ports_per_token_max;
    }
    settings.sessions_per_token_max = sessions_per_token.value_or(settings.sessions_per_token_max);
    settings.ports_per_token_max = ports_per_token.value_or(settings.ports_per_token_max);
    return settings;
}

}  // namespace ferrotunnel::directory
