// The cluster of a server, as its welcome names it: the map `cluster`, defined in docs/protocol.md.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::limits {

inline constexpr std::size_t cluster_others_max = 15;  // of a cluster with more members, each names so many others
inline constexpr std::size_t cluster_member_max = 63;  // a DNS label
/// A host of 253 bytes, a colon and a port.
inline constexpr std::size_t cluster_address_max = 259;
/// What the other members may need of a welcome, which has at most control_payload_unauthenticated_max bytes.
inline constexpr std::size_t cluster_others_bytes_max = 3'072;
/// Cost of each member besides its texts: the map, the keys and the lengths of the texts.
inline constexpr std::size_t cluster_other_bytes = 20;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::wire {

class FieldReader;

/// The cluster that the server is a member of (docs/architecture/cluster.md, "Clients at two servers").
struct ClusterPart {
    /// Another member of the cluster.
    struct Member {
        std::string name;
        std::string address;  // where clients reach it: "b.example.com:7835"; empty: not known

        friend bool operator==(const Member&, const Member&) = default;
    };
    std::string member;          // the server's own name in the cluster
    std::vector<Member> others;  // at most limits::cluster_others_max

    friend bool operator==(const ClusterPart&, const ClusterPart&) = default;
};

/// Writes the map. The last members are left out if all of them do not fit into a welcome.
void write_cluster(cbor::Writer& writer, const ClusterPart& cluster);

/// Reads the key `cluster` of a welcome.
void read_cluster(FieldReader& welcome, ClusterPart& cluster);

}  // namespace ferrotunnel::wire
