// The client's side of the login, sans-IO.
//
//    idle --start--> hello_sent --hello--> auth_sent --welcome, proof verified--> established
//                        |                     |
//                        '---------------------'--refused, GOAWAY, anything else--> failed
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "login/handshake.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::login {

class ClientHandshake {
public:
    struct Settings {
        Token token;
        /// The RFC 9266 exporter of the TLS connection: 32 bytes; empty with tls off.
        std::vector<std::uint8_t> exporter{};
        wire::InstanceId instance{};
        std::uint64_t epoch = 0;
        std::uint64_t attempt = 0;
        std::uint32_t trunk = 1;
        std::uint32_t trunks = 1;
        Versions versions{};
        std::uint64_t features = 0;
        wire::HelloLimits limits{};
        std::string agent = wire::agent_name();
        std::string name{};
        std::string identity{};
        bool replaces = false;
        wire::ClientMetadata metadata{};
        /// The session to resume; empty: a new one.
        struct Resume {
            wire::ResumeId id{};
            Key key;
            std::uint64_t attempt = 0;
            std::uint64_t received = 0;
        };
        std::optional<Resume> resume{};
        /// Whether a login at the server with this instance is wanted; if not, it fails before `auth`. Empty: at any.
        std::function<bool(const wire::InstanceId&)> wants_server{};
    };

    ClientHandshake(Settings settings, Random& random);

    /// The hello, to be sent first. Call once.
    wire::ControlPayload start();
    Step receive(Bytes payload);
    /// Call it when the server has sent GOAWAY instead of a message of the login.
    Step on_goaway(wire::Code code, std::string_view text);

    /// Valid after Want::nothing.
    const Agreement& agreed() const;
    /// Valid after Want::close.
    const HandshakeFailure& failure() const;

private:
    enum class State : std::uint8_t { idle, hello_sent, auth_sent, established, failed };

    Step on_hello(const wire::Hello& hello, Bytes payload);
    Step on_welcome(const wire::Welcome& welcome);
    std::optional<HandshakeFailure> apply_resume(const wire::Welcome& welcome);
    Step fail(HandshakeFailure failure);
    Transcript transcript() const;

    Settings settings_;
    State state_ = State::idle;
    wire::Nonce nonce_{};
    wire::Nonce server_nonce_{};
    wire::ControlPayload client_hello_;
    wire::ControlPayload server_hello_;
    std::uint64_t common_features_ = 0;
    Agreement agreement_;
    std::optional<HandshakeFailure> failure_;
};

/// Explains to the client's user what a refusal of the whole session means. `text` is the server's own, or empty.
std::string explain_refusal(wire::Code code, std::string_view text);

}  // namespace ferrotunnel::login
