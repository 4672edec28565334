// Fault: why a call to etcd, or a watch, has failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferrotunnel::etcd {

struct Fault {
    enum class Kind : std::uint8_t {
        unreachable,      // no connection, or no answer in time; a change may have been made
        unavailable,      // no leader, or an overload; a change may have been made
        malformed,        // the answer is not one of etcd 3.5, or exceeds a limit
        token,            // the login has expired, or is missing
        credentials,      // the user or its password is wrong, or etcd has no users
        forbidden,        // the user lacks the right to these keys
        lease_missing,    // the lease has ended
        lease_exists,     // granted before
        compacted,        // the revision's history is gone
        future_revision,  // the store has not reached the revision
        too_large,        // the request
        no_space,         // etcd's quota is exhausted
        rejected,         // anything else that etcd refuses
    };

    Kind kind = Kind::unreachable;
    std::string text{};  // for people, printable, at most limits::text_max bytes
};

/// Whether another endpoint may succeed.
bool is_of_endpoint(const Fault& fault) noexcept;
/// Whether the change may have been made although there was no answer.
bool may_be_done(const Fault& fault) noexcept;

/// By gRPC's code and etcd's message.
Fault fault_of(std::int64_t code, std::string_view message);
/// Of a response that is not 200.
Fault fault_of_response(unsigned status, std::string_view body);
Fault malformed(std::string_view what);

}  // namespace ferrotunnel::etcd
