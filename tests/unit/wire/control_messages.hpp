// Control messages as JSON values, so that a test can break one rule at a time and say so in one line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wire/control.hpp"

namespace ferrotunnel::test {

using nlohmann::json;

inline json binary(std::size_t size, std::uint8_t fill = 7) {
    return json::binary(std::vector<std::uint8_t>(size, fill));
}

inline json hello_json() {
    return {{"t", "hello"},
            {"version_min", 1},
            {"version_max", 1},
            {"features", 0},
            {"role", "client"},
            {"nonce", binary(32)},
            {"token_id", binary(8)},
            {"instance", binary(16)},
            {"epoch", 1},
            {"trunk", 1},
            {"trunks", 1},
            {"limits",
             {{"first_window", 65536},
              {"streams_max", 10},
              {"opens_max", 10},
              {"control_max", 16384},
              {"services_max", 10}}},
            {"agent", "test/1"}};
}

inline json auth_json() {
    return {{"t", "auth"}, {"proof", binary(32)}};
}

inline json welcome_json() {
    return {{"t", "welcome"}, {"proof", binary(32)}, {"session", "s1"}, {"version", 1},
            {"features", 0},  {"ping_ms", 15000},    {"dead_ms", 45000}};
}

inline json service_json(std::uint32_t id = 1) {
    return {{"id", id}, {"kind", 1}, {"remote_port", 2222}, {"bind", "::1"}, {"name", "n"}, {"metadata", "m"}};
}

inline json register_json() {
    return {{"t", "register"}, {"request", 1}, {"services", json::array({service_json(1), service_json(2)})}};
}

inline json registered_json() {
    return {{"t", "registered"},
            {"request", 1},
            {"services", json::array({{{"id", 1}, {"port", 2222}, {"address", "host:2222"}}})}};
}

inline json refused_json() {
    return {{"t", "refused"}, {"id", 1}, {"code", 19}, {"text", "port 80 is taken"}};
}

inline json unregister_json() {
    return {{"t", "unregister"}, {"ids", {1, 2, 3}}};
}

inline json stats_json() {
    return {{"t", "stats"}, {"counters", {{"streams", 5}, {"bytes", 1000000}}}};
}

inline json manage_json() {
    return {{"t", "manage"}, {"request", 1}, {"text", R"({"method":"GET","path":"/v1/services"})"}};
}

inline json managed_json() {
    return {{"t", "managed"}, {"request", 1}, {"status", 200}, {"text", R"({"services":[]})"}};
}

inline json health_json() {
    return {{"t", "health"}, {"id", 1}, {"healthy", false}, {"text", "the status is 503"}};
}

inline json take_over_json() {
    return {{"t", "take_over"}};
}

inline json taken_over_json() {
    return {{"t", "taken_over"}, {"clients", 1}};
}

inline json replaced_json() {
    return {{"t", "replaced"}, {"text", "Another client has taken this one's place."}};
}

inline std::vector<json> all_messages_json() {
    return {hello_json(),   auth_json(),       welcome_json(),    register_json(), registered_json(),
            refused_json(), unregister_json(), stats_json(),      manage_json(),   managed_json(),
            health_json(),  take_over_json(),  taken_over_json(), replaced_json()};
}

inline Result<wire::ControlMessage, wire::ControlError> decode(const json& message) {
    return wire::decode_control(json::to_cbor(message));
}

}  // namespace ferrotunnel::test
