// Members of a cluster in etcd: `member/NAME`, under the member's lease, with where the others dial it. Sans-IO.
//
// Only addresses are believed: a connection to one proves by the cluster's key which member it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/host_port.hpp"

namespace ferrotunnel::etcd_store {

/// Values are JSON objects; unknown members are ignored, so that later versions can add some.
struct MemberValue {
    net::HostPort address{};  // a host and a port
    std::string process{};    // 16 hexadecimal digits, different in each process
};

/// What all keys of members begin with.
std::string member_prefix(const std::string& prefix);
std::string value_of(const MemberValue& member);
/// Empty: not a valid value, or longer than limits::member_value_max.
std::optional<MemberValue> read_member_value(std::string_view value);
/// The member's name in a key that begins with member_prefix(prefix). Empty: it is not valid.
std::optional<std::string> member_in_key(std::string_view key, const std::string& prefix);

}  // namespace ferrotunnel::etcd_store
