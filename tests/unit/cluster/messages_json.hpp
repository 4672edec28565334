// Messages between members as JSON values, so that a test can break one rule at a time and say so in one line. Their
// keys keep their order, so that they have exactly the bytes that are sent.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cluster/limits.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::test {

using nlohmann::ordered_json;

inline ordered_json bytes_json(std::size_t size, std::uint8_t fill) {
    return ordered_json::binary(std::vector<std::uint8_t>(size, fill));
}

inline ordered_json hello_json() {
    return {{"t", "hello"},       {"member", "b"}, {"incarnation", 7}, {"members", {"a", "b", "c"}},
            {"recovering", true}, {"features", 5}, {"agent", "test/1"}};
}

inline ordered_json claim_json() {
    return {{"name", "ha.example /"},
            {"token", bytes_json(8, 1)},
            {"party", bytes_json(16, 2)},
            {"since", 1'000},
            {"over", 999},
            {"terms", 3},
            {"provisional", true},
            {"readiness", 2}};
}

inline ordered_json have_json() {
    return {{"t", "have"}, {"of", "c"}, {"claims", ordered_json::array({claim_json(), claim_json()})}};
}

inline ordered_json reserved_one_json() {
    return {{"name", "t80"}, {"token", bytes_json(8, 1)}, {"ms", 60'000}};
}

inline ordered_json reserved_json() {
    return {{"t", "reserved"}, {"names", ordered_json::array({reserved_one_json(), reserved_one_json()})}};
}

inline ordered_json value_json() {
    return {{"t", "value"},
            {"key", "kick/1"},
            {"time", 1'000},
            {"member", "b"},
            {"value", ordered_json::binary({0x00, 0xff, 0x0a})},
            {"left", 60'000}};
}

inline ordered_json gone_json() {
    return {{"t", "gone"}, {"name", "u53"}, {"since", 1'000}, {"ms", 60'000}};
}

inline ordered_json claim_request_json() {
    return {{"t", "claim"}, {"request", 9}, {"name", "t80"}, {"token", bytes_json(8, 1)}, {"party", bytes_json(16, 2)},
            {"terms", 3}};
}

inline ordered_json granted_json() {
    return {{"t", "granted"}, {"request", 9}, {"since", 1'000}, {"over", 999}};
}

inline ordered_json refused_json() {
    return {{"t", "refused"}, {"request", 9}, {"code", 21}, {"temporary", true}, {"text", "not now"}};
}

inline ordered_json probe_json() {
    return {{"t", "probe"}, {"request", 9}, {"name", "t80"}, {"token", bytes_json(8, 1)}, {"party", bytes_json(16, 2)}};
}

inline ordered_json probed_json() {
    return {{"t", "probed"}, {"request", 9}, {"answers", true}};
}

inline ordered_json lost_json() {
    return {{"t", "lost"}, {"name", "t80"}, {"since", 1'000}};
}

inline std::vector<ordered_json> all_messages_json() {
    return {hello_json(),    {{"t", "sync_begin"}}, {{"t", "sync_end"}},  have_json(),
            reserved_json(), gone_json(),           claim_request_json(), {{"t", "cancel"}, {"request", 9}},
            granted_json(),  refused_json(),        probe_json(),         probed_json(),
            lost_json(),     value_json()};
}

inline Result<cluster::Message, wire::ControlError> decode_json(const ordered_json& message) {
    return cluster::decode(ordered_json::to_cbor(message));
}

}  // namespace ferrotunnel::test
