// Control messages, which both sides send besides the streams. docs/protocol.md is the definition.
//
//   client                      server
//     hello  ------------------>          identity, features, limits, nonce, token
//            <------------------  hello
//     auth   ------------------>          proof of the token over both hellos
//            <------------------  welcome or refused
//     register, unregister  --->          at any time from here on
//            <-----------------  registered, refused
//            <-- stats ------->
//            <-- manage -------          requests of the server's administrator about the client's services
//     managed ----------------->
//     health ------------------>          whether the backend of a service is healthy
//     take_over --------------->          its services are registered: it replaces another client
//            <-------- taken_over          number of replaced clients
//            <---------- replaced          another client has replaced this one
//
// Each message is one CBOR map; its key "t" is the type. Unknown keys are ignored and unknown messages are
// returned as `Unknown`, so that a later version can add both. All rules about fields are in the decoder. Encoders
// assert that their output can be decoded, so that a peer never gets a message that it would reject.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "ferrotunnel/group.hpp"
#include "wire/client_metadata.hpp"
#include "wire/cluster_part.hpp"
#include "wire/code.hpp"
#include "wire/control_error.hpp"
#include "wire/frame.hpp"
#include "wire/http_rules_part.hpp"
#include "wire/plugins_part.hpp"

namespace ferrotunnel::wire {

/// The protocol version of this code.
inline constexpr std::uint8_t protocol_version = 1;
/// The name and version of this program, as a hello has them.
std::string agent_name();

/// Features that both sides must announce before either may use them. Unknown bits are ignored.
namespace feature {
inline constexpr std::uint64_t resume = 1U << 0;          // sessions that survive their connection; only if enabled
inline constexpr std::uint64_t compression = 1U << 1;     // reserved
inline constexpr std::uint64_t transports = 1U << 2;      // reserved
inline constexpr std::uint64_t udp = 1U << 3;             // services of kind udp
inline constexpr std::uint64_t plugins = 1U << 4;         // plugins requested by a client
inline constexpr std::uint64_t visits = 1U << 5;          // streams that a client opens to others' services
inline constexpr std::uint64_t service_tokens = 1U << 6;  // proofs of services
inline constexpr std::uint64_t groups = 1U << 7;          // services that several clients share
inline constexpr std::uint64_t managed = 1U << 8;         // requests about a client's services
inline constexpr std::uint64_t health = 1U << 9;          // clients report whether backends are healthy
inline constexpr std::uint64_t handover = 1U << 10;       // a client replaces another
inline constexpr std::uint64_t group_terms = 1U << 11;    // `sticky` and `eject` of groups
inline constexpr std::uint64_t addresses = 1U << 12;      // changed addresses of registered services
inline constexpr std::uint64_t cluster = 1U << 13;        // `cluster` of a welcome
inline constexpr std::uint64_t metadata = 1U << 14;       // `metadata` of a client's hello
/// Features announced by this code, besides `resume`.
inline constexpr std::uint64_t announced = udp | plugins | visits | service_tokens | groups | managed | health |
                                           handover | group_terms | addresses | cluster | metadata;
}  // namespace feature

/// The longest identity of a client.
inline constexpr std::size_t identity_text_max = 64;

using Nonce = std::array<std::uint8_t, 32>;
using TokenId = std::array<std::uint8_t, 8>;
using InstanceId = std::array<std::uint8_t, 16>;
using Proof = std::array<std::uint8_t, 32>;

enum class HelloRole : std::uint8_t { client, server };

/// Limits of the sender of a hello, which the peer must respect.
struct HelloLimits {
    std::uint32_t first_window = limits::first_window;       // credit that the peer has on a new stream that it opens
    std::uint32_t streams_max = limits::streams_max;         // streams of the session, opened by either side
    std::uint32_t opens_max = limits::opens_unanswered_max;  // streams that the peer has opened, not answered yet
    std::uint32_t control_max = limits::control_payload_max;
    std::uint32_t services_max = limits::services_max;

    friend bool operator==(const HelloLimits&, const HelloLimits&) = default;
};

struct Hello {
    std::uint8_t version_min = protocol_version;
    std::uint8_t version_max = protocol_version;
    std::uint64_t features = 0;
    HelloRole role = HelloRole::client;
    Nonce nonce{};
    std::optional<TokenId> token_id;  // in the client's hello only
    InstanceId instance{};            // random per process
    std::uint64_t epoch = 0;          // grows when a process replaces all of its own sessions
    std::uint64_t attempt = 0;        // grows with each login of one epoch; 0: not sent
    std::uint32_t trunk = 1;          // this is trunk k ...
    std::uint32_t trunks = 1;         // ... of n
    HelloLimits limits;
    std::string agent = agent_name();
    std::string name;           // client only: its name; empty: none
    std::string identity{};     // client only: its identity for a hand-over; empty: none
    bool replaces = false;      // client only: it replaces the client with its identity
    ClientMetadata metadata{};  // client only: set by its user

    friend bool operator==(const Hello&, const Hello&) = default;
};

/// Identifies the session that a connection resumes. docs/protocol.md, 7.
using ResumeId = std::array<std::uint8_t, 16>;

struct ResumeRequest {
    ResumeId id{};
    std::uint64_t attempt = 0;   // grows with each request of the session
    std::uint64_t received = 0;  // bytes of the session that the client has
    Proof proof{};

    friend bool operator==(const ResumeRequest&, const ResumeRequest&) = default;
};

/// How a new session can be resumed.
struct ResumeOffer {
    ResumeId id{};
    std::uint32_t ms = 0;

    friend bool operator==(const ResumeOffer&, const ResumeOffer&) = default;
};

/// The answer to a request that was accepted.
struct Resumed {
    std::uint64_t received = 0;  // bytes of the session that the server has
    Proof proof{};

    friend bool operator==(const Resumed&, const Resumed&) = default;
};

struct Auth {
    Proof proof{};
    std::optional<ResumeRequest> resume{};

    friend bool operator==(const Auth&, const Auth&) = default;
};

struct Welcome {
    Proof proof{};
    std::string session;  // a name for logs on both sides
    std::uint8_t version = protocol_version;
    std::uint64_t features = 0;  // features announced by both sides and used by the server
    std::uint32_t ping_ms = 15'000;
    std::uint32_t dead_ms = 45'000;
    std::optional<ResumeOffer> resume{};   // of a new session, with feature::resume
    std::optional<Resumed> resumed{};      // if the client has requested it
    std::optional<ClusterPart> cluster{};  // with feature::cluster, of a member of a cluster

    friend bool operator==(const Welcome&, const Welcome&) = default;
};

/// Additional fields of a service of kind http.
struct HttpPart {
    /// Hosts: "app.example.com", "*.example.com" (one label in front), "**.example.com" (one or more labels), "*"
    /// (everything that no other host matches). None: the server assigns one.
    std::vector<std::string> hosts;
    /// Paths of these hosts: "/api" (and everything below it), "= /status" (only this path), "~ /v[0-9]+/.*" (a regular
    /// expression for the whole path). Empty: all paths.
    std::string path;
    HttpRulesPart rules{};
    HttpLimitsPart limits{};
    /// A stream carries requests of one visitor's connection only; its OPEN has the visitor of that connection.
    bool per_visitor = false;
    /// The backend uses TLS, so that its own URLs begin with https.
    bool backend_tls = false;

    friend bool operator==(const HttpPart&, const HttpPart&) = default;
};

/// Additional fields of a service of kind tls.
struct TlsPart {
    /// Hosts as for kind http, but only names, and at least one: the server assigns none.
    std::vector<std::string> hosts;

    friend bool operator==(const TlsPart&, const TlsPart&) = default;
};

/// Additional fields of a service of kind udp.
struct UdpPart {
    /// How long a visitor may be silent before it is forgotten; 0: the server's choice.
    std::uint32_t idle_ms = 0;

    friend bool operator==(const UdpPart&, const UdpPart&) = default;
};

/// Sent as their numbers. They may be numbers unknown to this version (base/words.hpp): refuse them with `unsupported`.
using Balance = Group::Balance;
using Sticky = Group::Sticky;

/// When a member of a group gets no visitors for a while, because it has failed others.
struct Eject {
    enum Counts : std::uint32_t { refused = 1, resets = 2, answers_5xx = 4, all = 7 };

    std::uint32_t failures = 0;  // in a row; 0: no member is ejected
    std::uint32_t first_ms = 10'000;
    std::uint32_t longest_ms = 300'000;  // each time twice as long as before, up to this
    std::uint32_t share = 50;            // percentage of members that may be ejected at once
    std::uint32_t counts = all;          // what counts as a failure
    bool last_too = false;               // also the last available member

    friend bool operator==(const Eject&, const Eject&) = default;
};

inline constexpr std::uint32_t eject_failures_max = 1'000;
inline constexpr std::uint32_t eject_ms_min = 100;
inline constexpr std::uint32_t eject_ms_max = 3'600'000;

inline constexpr std::uint32_t group_weight_max = 100;
inline constexpr std::size_t group_name_max = 64;

/// The group of a shared service, registered identically by each member.
struct GroupPart {
    std::string name;  // empty if there is none
    Balance balance = Balance::round_robin;
    std::uint32_t weight = 1;
    bool standby = false;  // gets visitors only while no other member is available
    Sticky sticky = Sticky::off;
    Eject eject{};

    friend bool operator==(const GroupPart&, const GroupPart&) = default;
};

/// Health of a service whose client checks its backend.
struct HealthPart {
    bool healthy = false;                 // current state
    bool try_when_all_unhealthy = false;  // the member gets visitors if none of its group is healthy

    friend bool operator==(const HealthPart&, const HealthPart&) = default;
};

struct Service {
    std::uint32_t id = 0;                 // chosen by the client, not 0; OPEN names it
    ServiceKind kind = ServiceKind::tcp;  // may be a number unknown to this version: refuse with `unsupported`
    std::uint16_t remote_port = 0;        // 0: the server assigns one
    std::string bind;                     // the server's address to listen on; empty: the server's choice
    std::string name;                     // empty: none
    std::string metadata;                 // for the server's hooks; empty: none
    HttpPart http{};                      // of kind http only
    TlsPart tls{};                        // of kind tls only
    UdpPart udp{};                        // of kind udp only
    PluginsPart plugins{};                // that its visitors pass
    GroupPart group{};                    // not of kind private_tcp
    std::optional<HealthPart> health{};   // empty: no health checks
    std::optional<Proof> proof{};         // that the client has the service's own token

    friend bool operator==(const Service&, const Service&) = default;
};

struct Register {
    std::uint32_t request = 0;  // repeated in the answers; not no_request
    std::vector<Service> services;

    friend bool operator==(const Register&, const Register&) = default;
};

struct RegisteredService {
    std::uint32_t id = 0;
    std::uint16_t port = 0;
    std::string address;  // where visitors reach the service, for people: "tunnel.example.com:2222", or a URL
    std::string host{};   // of kind http: the host that the server has assigned; otherwise empty
    /// Members of the cluster that cannot listen on the port, with the reasons, for people; usually empty.
    std::string not_at{};

    friend bool operator==(const RegisteredService&, const RegisteredService&) = default;
};

/// The request of a Registered that answers none: the services were registered before and have other addresses, or
/// another `not_at`, now.
/// Only with feature::addresses.
inline constexpr std::uint32_t no_request = 0;
/// The longest `not_at`.
inline constexpr std::size_t not_at_text_max = 256;

struct Registered {
    std::uint32_t request = no_request;
    std::vector<RegisteredService> services;

    friend bool operator==(const Registered&, const Registered&) = default;
};

struct Refused {
    std::uint32_t id = 0;  // a service, or 0: the session
    Code code = Code::refused;
    std::string text;  // for a person

    friend bool operator==(const Refused&, const Refused&) = default;
};

struct Unregister {
    std::vector<std::uint32_t> ids;

    friend bool operator==(const Unregister&, const Unregister&) = default;
};

struct Stats {
    std::vector<std::pair<std::string, std::uint64_t>> counters;

    friend bool operator==(const Stats&, const Stats&) = default;
};

/// The longest text of a request about a client's services, and of its answer.
inline constexpr std::size_t manage_text_max = 12'288;

/// A request to a client's control API. The client does only what its user allows the server to do.
struct Manage {
    std::uint32_t request = 0;  // repeated in the answer
    std::string text;           // JSON: {"method": "POST", "path": "/v1/services", "body": {...}}

    friend bool operator==(const Manage&, const Manage&) = default;
};

struct Managed {
    std::uint32_t request = 0;
    std::uint16_t status = 0;  // HTTP status
    std::string text;          // JSON

    friend bool operator==(const Managed&, const Managed&) = default;
};

/// The longest reason why a backend is unhealthy.
inline constexpr std::size_t health_text_max = 256;

/// Reports that the backend of a service has become healthy or unhealthy.
struct Health {
    std::uint32_t id = 0;  // of the service
    bool healthy = false;
    std::string text;  // why it is unhealthy, for a person

    friend bool operator==(const Health&, const Health&) = default;
};

/// The client has registered its services, and replaces the earlier clients of its identity.
struct TakeOver {
    friend bool operator==(const TakeOver&, const TakeOver&) = default;
};

/// The answer to TakeOver.
struct TakenOver {
    std::uint32_t clients = 0;  // number of replaced clients

    friend bool operator==(const TakenOver&, const TakenOver&) = default;
};

/// Another client has replaced this one, which gets no new visitors, finishes its present ones, and disconnects.
struct Replaced {
    std::string text;  // for a person

    friend bool operator==(const Replaced&, const Replaced&) = default;
};

/// A message of a type unknown to this version.
struct Unknown {
    std::string type;

    friend bool operator==(const Unknown&, const Unknown&) = default;
};

using ControlMessage = std::variant<Hello, Auth, Welcome, Register, Registered, Refused, Unregister, Stats, Manage,
                                    Managed, Health, TakeOver, TakenOver, Replaced, Unknown>;

Result<ControlMessage, ControlError> decode_control(Bytes payload);

/// The payload of one CONTROL frame, never longer than limits::control_payload_max.
using ControlPayload = std::vector<std::uint8_t>;

ControlPayload encode_control(const Hello& hello);  // at most control_payload_unauthenticated_max, like the next two
ControlPayload encode_control(const Auth& auth);
ControlPayload encode_control(const Welcome& welcome);
ControlPayload encode_control(const Refused& refused);
/// At most limits::services_max ids.
ControlPayload encode_control(const Unregister& unregister);
ControlPayload encode_control(const Stats& stats);
/// Texts are printable, and no longer than manage_text_max.
ControlPayload encode_control(const Manage& manage);
ControlPayload encode_control(const Managed& managed);
/// The text is made printable and shortened.
ControlPayload encode_control(const Health& health);
ControlPayload encode_control(const TakeOver& message);
ControlPayload encode_control(const TakenOver& message);
/// The text is made printable and shortened.
ControlPayload encode_control(const Replaced& message);

/// Encodes as many messages as needed, each with at most limits::services_per_message_max services and within the limit
/// of a payload. All carry `request`. No services need no message.
std::vector<ControlPayload> encode_register(std::uint32_t request, std::span<const Service> services);
std::vector<ControlPayload> encode_registered(std::uint32_t request, std::span<const RegisteredService> services);

/// The problem that a server would find in `service`; used to check a configuration before anything is sent.
std::optional<ControlError> problem_of(const Service& service);

}  // namespace ferrotunnel::wire
