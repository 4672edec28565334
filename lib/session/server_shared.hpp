// State shared by all sessions of a server: registries, counters, callbacks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "audit/audit_log.hpp"
#include "base/log.hpp"
#include "base/published.hpp"
#include "directory/cluster_claims.hpp"
#include "directory/cluster_values.hpp"
#include "directory/http_directory.hpp"
#include "directory/member_notice.hpp"
#include "directory/registry.hpp"
#include "directory/service_tokens.hpp"
#include "directory/shape_registry.hpp"
#include "directory/shared_port.hpp"
#include "directory/token_use.hpp"
#include "directory/trunk_counts.hpp"
#include "hooks/session_run.hpp"
#include "login/authenticator.hpp"
#include "login/brute_force_limiter.hpp"
#include "login/secret_use.hpp"
#include "login/token_store.hpp"
#include "session/cluster_names.hpp"
#include "session/event_quota.hpp"
#include "session/kick_list.hpp"
#include "session/limits.hpp"
#include "session/named_services.hpp"
#include "session/registration_table.hpp"
#include "session/remote_service.hpp"
#include "session/resume_table.hpp"
#include "session/revoked_tokens.hpp"
#include "session/visit_rate_limiter.hpp"
#include "transport/tls_context.hpp"
#include "trunk/datagram_counts.hpp"
#include "trunk/resume_counts.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

class ServerSession;

/// An event that the application may want to know about.
struct ServerNotice {
    enum class Kind : std::uint8_t {
        connected,  // a tunnel's first trunk
        joined,     // another trunk
        degraded,   // a trunk has broken; others of its tunnel are there
        lost,       // the last trunk has ended
        registered,
        refused,
        ejected,   // a group member gets no visitors for a while
        returned,  // the member gets visitors again
        waiting,   // a trunk was lost, and its session waits to be resumed
        resumed,   // the session was resumed
    } kind = Kind::connected;
    std::string peer;      // the client's address
    std::string client;    // the client's own name for itself, or empty
    std::string service;   // the service's name, or empty
    std::string endpoint;  // the public address
    wire::Code code = wire::Code::none;
    std::string text;
    std::uint32_t trunk = 0;          // the trunk concerned
    std::size_t trunks = 0;           // how many trunks the tunnel has now
    std::string token_name{};         // of the client; empty until it has proved its token
    directory::ClientId client_id{};  // likewise
    std::string service_kind{};       // as rights name it
};

struct ServerCounters {
    std::atomic<std::uint64_t> logins_refused{0};
    std::atomic<std::uint64_t> logins_hybrid{0};  // over TLS with a post-quantum key, and with another one
    std::atomic<std::uint64_t> logins_classic{0};
    std::atomic<std::uint64_t> visitors_refused{0};  // visitors for which no stream could be opened
    std::atomic<std::uint64_t> protocol_violations{0};
};

/// Where visitors reach this server's HTTP services.
struct HttpPublic {
    std::string scheme = "http";
    std::uint16_t port = 0;
};

/// Shared by all sessions of a server. Immutable, except for members that synchronise themselves.
struct ServerShared {
    std::shared_ptr<directory::Registry> registry;  // includes the rights of tokens
    login::TokenStore tokens;
    /// Looks up tokens that are not in the table; without a source it does not. Its tokens are tokens.external().
    std::shared_ptr<login::Authenticator> authenticator =
        std::make_shared<login::Authenticator>(tokens.external(), login::Authenticator::Settings());
    std::shared_ptr<login::SecretUse> secrets = std::make_shared<login::SecretUse>();
    std::shared_ptr<directory::TokenUse> token_use = std::make_shared<directory::TokenUse>();
    std::shared_ptr<directory::ShapeRegistry> shapes = std::make_shared<directory::ShapeRegistry>();
    wire::InstanceId instance{};
    mux::Settings mux;
    Duration handshake_deadline = limits::handshake_deadline;
    Published<std::shared_ptr<transport::TlsContext>> tls;  // for new connections; null: no TLS
    runtime::SocketAddress tcp_bind;                        // where public ports listen; the port is ignored
    std::string public_host;                                // the name by which visitors reach this machine
    directory::PortOpener open_port;
    directory::DatagramOpener open_udp;                                         // empty: no UDP services
    Published<std::shared_ptr<const directory::ServiceTokens>> service_tokens;  // null: no service needs one
    std::shared_ptr<directory::PortTable> ports = std::make_shared<directory::PortTable>();
    std::optional<HttpPublic> http_public;   // empty: no HTTP without TLS
    std::optional<HttpPublic> https_public;  // empty: no HTTP with TLS
    /// Whether TLS visitors of this host (or of one that the pattern matches) are shown a certificate. Thread-safe.
    /// Empty if no host has one.
    std::function<bool(std::string_view host)> has_certificate;
    /// Whether visitors of this host, or of one that the pattern matches, must show a certificate to the edge.
    /// Called on any thread. Empty: none must.
    std::function<bool(std::string_view host)> requires_client_certificate;
    /// Called when a client offers an HTTP service at this exact host, which its token has a right to. `is_assigned`:
    /// the server chose the host. Called on the session's worker. Empty: nobody wants to know.
    std::function<void(const std::string& host, const std::string& token_name, bool is_assigned)> on_host_offered;
    std::string domain;                            // parent domain of assigned hosts, in normal form; may be empty
    Published<directory::HttpBounds> http_bounds;  // limits for requests of HTTP services
    std::shared_ptr<directory::HttpDirectory> http = std::make_shared<directory::HttpDirectory>();
    std::shared_ptr<directory::TrunkCounts> trunk_counts = std::make_shared<directory::TrunkCounts>();
    std::function<void(const ServerNotice&)> notify;
    IntrusivePtr<trunk::Traffic> traffic = make_intrusive<trunk::Traffic>(trunk::Traffic::Of::all_workers);
    std::shared_ptr<trunk::TrafficRegistry> traffic_registry = std::make_shared<trunk::TrafficRegistry>();
    std::shared_ptr<metrics::ServiceCounters> services = std::make_shared<metrics::ServiceCounters>();
    std::shared_ptr<trunk::MemoryGovernor> memory =
        std::make_shared<trunk::MemoryGovernor>(limits::memory_settable_max);
    std::shared_ptr<ServerCounters> counters = std::make_shared<ServerCounters>();
    std::shared_ptr<trunk::DatagramCounts> datagrams = std::make_shared<trunk::DatagramCounts>();
    std::shared_ptr<login::BruteForceLimiter> brute_force;  // used only while a token can be guessed; null: none can
    EventQuota unauthenticated{limits::unauthenticated_events_per_second};
    std::shared_ptr<NamedServices> named = std::make_shared<NamedServices>();
    std::shared_ptr<KickList> kicked = std::make_shared<KickList>();
    std::shared_ptr<RevokedTokens> revoked = std::make_shared<RevokedTokens>();
    std::shared_ptr<VisitRateLimiter> visit_limiter = std::make_shared<VisitRateLimiter>(limits::visits_per_token_rate);
    /// The trunk that carries the private service `service`, of a client with the token called `token` (empty: the
    /// visitor's own token), if clients with the token `visitor` may visit it. Called on any thread. Empty if no
    /// service is visited.
    using Visited = std::pair<std::shared_ptr<ServerSession>, std::uint32_t>;
    std::function<std::optional<Visited>(const login::TokenId& visitor, const std::string& service,
                                         const std::string& token)>
        find_visited;
    /// The token whose private services clients with the token `visitor` mean by `token` (as for find_visited), if they
    /// may visit them. Called on any thread. Empty if no service is visited.
    std::function<std::optional<login::TokenId>(const login::TokenId& visitor, const std::string& token)> visited_owner;
    /// Names in the cluster; null: the server is alone.
    std::shared_ptr<directory::ClusterClaims> claims;
    /// Values that members share; null: the server is alone.
    std::shared_ptr<directory::ClusterValues> values;
    Published<std::shared_ptr<const wire::ClusterPart>> cluster_part;  // in welcomes; null: the server is alone
    std::shared_ptr<ClusterNames> cluster_names = std::make_shared<ClusterNames>();
    /// The way to a service that clients of other members of the cluster have, by the register's table: it waits for
    /// nothing. Null: no member has it. Called on any thread. Empty: the server is alone.
    std::function<RemoteOpener(const RemoteService&)> find_remote;
    /// The members that cannot listen on a public port of own clients, with the reasons; usually empty. Any thread.
    /// Empty: the server is alone.
    std::function<std::string(directory::Transport transport, std::uint16_t port)> port_note;
    std::shared_ptr<metrics::MemberCounters> members = std::make_shared<metrics::MemberCounters>();
    std::shared_ptr<const directory::StickyKey> sticky_key;  // null if no group has cookies
    /// Called when a group member is ejected, or has returned. Called on any thread. May be empty.
    std::function<void(const directory::MemberNotice&)> on_member;
    std::shared_ptr<hooks::SessionHooks> hooks;  // null if there are no plugins
    std::shared_ptr<ResumeTable> resumes = std::make_shared<ResumeTable>();
    std::shared_ptr<trunk::ResumeCounts> resume_counts = std::make_shared<trunk::ResumeCounts>();
    std::shared_ptr<RegistrationTable> registrations = std::make_shared<RegistrationTable>();
    std::shared_ptr<audit::AuditLog> audit;  // null: nothing is recorded
    Logger* log = nullptr;
    Random* random = nullptr;
};

}  // namespace ferrotunnel::session
