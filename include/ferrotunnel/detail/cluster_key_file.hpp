// The text of files with the key of a cluster, for `ferrotunnel cluster key`.
#pragma once

#include <cstdint>
#include <string>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::detail {

/// The text of a file, and what may be shown of its keys: "key 2 (3f2a90c17be4d568)".
struct ClusterKeyFile {
    Secret text;
    std::string first;   // used to dial
    std::string second;  // also accepted; empty if there is none
};

/// A new key, to be the only one.
FERROTUNNEL_EXPORT ClusterKeyFile new_cluster_key_file();

/// Steps of the replacement of a key. Each works beside members that are one step behind or ahead.
enum class ClusterKeyStep : std::uint8_t {
    add,     // old       -> old, new
    change,  // old, new  -> new, old
    finish,  // new, old  -> new
};

/// What the file is to be after this step. Throws config_error with the file's name as key if it cannot be read, or is
/// not the one that this step begins with.
FERROTUNNEL_EXPORT ClusterKeyFile next_cluster_key_file(const std::string& path, ClusterKeyStep step);

}  // namespace ferrotunnel::detail
