// Common parts of both sides of the login. The state machines themselves (handshake_client.hpp,
// handshake_server.hpp) take control payloads in and give control payloads out; the driver moves the payloads and
// watches limits::handshake_deadline.
//
//    client                                               server
//      | hello: versions, features, limits, nonce, token id  |
//      |---------------------------------------------------->|
//      |      hello: versions, features, limits, nonce       |
//      |<----------------------------------------------------|
//      | auth: the client's proof over both hellos           |
//      |---------------------------------------------------->|  verifies, and decides (registry)
//      |      welcome: the server's proof, what is agreed    |
//      |<----------------------------------------------------|
//   verifies                                                 |
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "login/proof.hpp"
#include "login/token.hpp"
#include "mux/settings.hpp"
#include "wire/code.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::login {

/// What the caller of a handshake must do next.
enum class Want : std::uint8_t {
    message,   // send the payload, and pass in the next message
    token,     // server only: the token is not known, or its proof is wrong; call `offer`
    decision,  // server only: the token is proved; call `welcome` or `refuse`
    nothing,   // send the payload; the login has succeeded: see agreed()
    close,     // send the payload, then GOAWAY with failure().code and text_for_peer, close the trunk
};

struct Step {
    Want want = Want::message;
    std::optional<wire::ControlPayload> send;
};

struct HandshakeFailure {
    wire::Code code = wire::Code::none;
    std::string text;           // for this side's user or log: what happened and what to do
    std::string text_for_peer;  // at most limits::goaway_text_max bytes, and nothing that only this side may know
    bool by_peer = false;       // the peer ended it; nothing has to be sent
    bool unwanted = false;      // on the client: it is not the server that is wanted
};

/// The results of a login.
struct Agreement {
    std::uint8_t version = 0;
    std::uint64_t features = 0;
    mux::PeerLimits peer;                 // for mux::Session::establish
    std::uint32_t peer_control_max = 0;   // largest CONTROL payload that the peer accepts
    std::uint32_t peer_services_max = 0;  // on the client: as many as the server accepts
    wire::InstanceId peer_instance{};
    std::uint64_t peer_epoch = 0;
    std::uint64_t peer_attempt = 0;
    std::uint32_t trunk = 1;   // k ...
    std::uint32_t trunks = 1;  // ... of n, as the client reported
    std::string peer_agent;
    std::string peer_name;                 // the client's own name for itself
    std::string peer_identity{};           // identifies the client's successor; empty if there is none
    bool peer_replaces = false;            // the client wants to replace the one of its identity
    wire::ClientMetadata peer_metadata{};  // of the client, with feature::metadata
    std::string session;                   // the server's name for the session, in the logs of both sides
    Duration ping_interval{};
    Duration dead_interval{};
    /// For a new session that can be resumed: how, and for how long. Zero if it cannot.
    Duration resume_window{};
    wire::ResumeId resume_id{};
    std::optional<Key> resume_key{};
    std::optional<wire::ResumeRequest> resume{};  // server: the client requests to continue an earlier session
    std::uint64_t resumed_received = 0;           // client: how much the server has received of the resumed session
    std::optional<wire::ClusterPart> cluster{};   // client: the server is a member of a cluster
    wire::Proof client_proof{};  // the client's proof of the token, to which proofs of services are bound
};

struct Versions {
    std::uint8_t min = wire::protocol_version;
    std::uint8_t max = wire::protocol_version;
};

/// The highest version that both support; empty if there is none.
std::optional<std::uint8_t> common_version(Versions a, Versions b) noexcept;

/// "version 1" or "versions 1 to 3".
std::string describe(Versions versions);

/// The message to a client whose token the server does not have, or whose proof is wrong.
inline constexpr std::string_view unknown_token = "The token is not accepted.";

/// A failure with one text for both sides.
HandshakeFailure failure_for_both(wire::Code code, std::string text);

/// The failure when two hellos have no common version; its text shows the user of either side which one to update.
HandshakeFailure version_failure(Versions client, Versions server);

/// Decodes a message of the login: malformed, oversized and unknown messages are failures.
Result<wire::ControlMessage, HandshakeFailure> decode_handshake(Bytes payload);

/// The failure for a message that is well-formed but not allowed in this state.
HandshakeFailure unexpected_message(const wire::ControlMessage& message, std::string_view expected);

/// Copies the values of a peer's hello into `agreement`.
void apply_hello(Agreement& agreement, const wire::Hello& hello);

}  // namespace ferrotunnel::login
