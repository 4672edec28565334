// The settings of a member of a cluster: their rows, reader and check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ferrotunnel/cluster.hpp"
#include "ferrotunnel/error.hpp"
#include "net/host_port.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

class SectionReader;
struct ConfigReading;
struct ServerSettings;
struct ServerValues;

inline constexpr std::uint16_t default_cluster_port = 7838;
/// The other members of a cluster, which has at most 16 (cluster/limits.hpp).
inline constexpr std::size_t cluster_peers_max = 15;
/// The type of `peers` in documentation.
inline constexpr std::string_view cluster_peers_type = "map of members to addresses";

/// Where other members are told to dial this one: `address`, else `listen` if that has one address and a port.
std::optional<net::HostPort> announced_address(const Cluster& cluster);

/// A row for each setting of the cluster.
std::span<const Setting<Cluster>> cluster_settings() noexcept;

/// Reads whether there is a section `cluster`, and its peers.
void read_cluster_sections(SectionReader& reader, ServerValues& settings, ConfigReading& reading);

/// Appends all problems, and brings addresses into normal form. Reads the key's file.
void check_cluster(ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
