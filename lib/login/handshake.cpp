#include "login/handshake.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace ferrotunnel::login {
namespace {

struct NameOfMessage {
    std::string_view operator()(const wire::Hello&) const { return "hello"; }
    std::string_view operator()(const wire::Auth&) const { return "auth"; }
    std::string_view operator()(const wire::Welcome&) const { return "welcome"; }
    std::string_view operator()(const wire::Register&) const { return "register"; }
    std::string_view operator()(const wire::Registered&) const { return "registered"; }
    std::string_view operator()(const wire::Refused&) const { return "refused"; }
    std::string_view operator()(const wire::Unregister&) const { return "unregister"; }
    std::string_view operator()(const wire::Stats&) const { return "stats"; }
    std::string_view operator()(const wire::Manage&) const { return "manage"; }
    std::string_view operator()(const wire::Managed&) const { return "managed"; }
    std::string_view operator()(const wire::Health&) const { return "health"; }
    std::string_view operator()(const wire::TakeOver&) const { return "take_over"; }
    std::string_view operator()(const wire::TakenOver&) const { return "taken_over"; }
    std::string_view operator()(const wire::Replaced&) const { return "replaced"; }
    std::string_view operator()(const wire::Unknown&) const { return "a message of an unknown type"; }
};

}  // namespace

std::optional<std::uint8_t> common_version(Versions a, Versions b) noexcept {
    std::uint8_t highest = std::min(a.max, b.max);
    return highest >= std::max(a.min, b.min) ? std::optional(highest) : std::nullopt;
}

std::string describe(Versions versions) {
    if (versions.min == versions.max) {
        return "version " + std::to_string(versions.min);
    }
    return "versions " + std::to_string(versions.min) + " to " + std::to_string(versions.max);
}

HandshakeFailure failure_for_both(wire::Code code, std::string text) {
    return {code, text, text, false};
}

HandshakeFailure version_failure(Versions client, Versions server) {
    return failure_for_both(wire::Code::version, "No common protocol version: the client speaks " + describe(client) +
                                                     ", the server " + describe(server) + ". Update the " +
                                                     (client.max < server.min ? "client" : "server") + ".");
}

Result<wire::ControlMessage, HandshakeFailure> decode_handshake(Bytes payload) {
    if (payload.size() > limits::control_payload_unauthenticated_max) {
        return failure_for_both(wire::Code::limit,
                                "A message of the login has " + std::to_string(payload.size()) + " bytes; at most " +
                                    std::to_string(limits::control_payload_unauthenticated_max) + " are allowed.");
    }
    auto decoded = wire::decode_control(payload);
    if (!decoded) {
        return failure_for_both(decoded.error().code, "A message of the login is malformed: " + decoded.error().text);
    }
    return std::move(*decoded);
}

HandshakeFailure unexpected_message(const wire::ControlMessage& message, std::string_view expected) {
    std::string name(std::visit(NameOfMessage{}, message));
    return failure_for_both(wire::Code::protocol,
                            "The peer sent " + name + " where only " + std::string(expected) + " makes sense.");
}

void apply_hello(Agreement& agreement, const wire::Hello& hello) {
    agreement.peer.first_window = hello.limits.first_window;
    agreement.peer.streams_max = hello.limits.streams_max;
    agreement.peer.opens_max = hello.limits.opens_max;
    agreement.peer_control_max = hello.limits.control_max;
    agreement.peer_services_max = hello.limits.services_max;
    agreement.peer_instance = hello.instance;
    agreement.peer_epoch = hello.epoch;
    agreement.peer_attempt = hello.attempt;
    agreement.peer_agent = hello.agent;
    agreement.peer_name = hello.name;
    agreement.peer_identity = hello.identity;
    agreement.peer_replaces = hello.replaces;
}

}  // namespace ferrotunnel::login
