// Data that a client of another tunnel has for its server, which becomes `client.metadata`.
#pragma once

#include <span>
#include <string>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// Adds a pair to `client.metadata`. A pair that a client cannot have is lost, and so is one whose name tells of a
/// secret, since metadata is sent before the server has proved itself. `full`: the key in the words of the other
/// tunnel.
void add_client_metadata(Draft& draft, const Origin& origin, const std::string& full, const std::string& name,
                         const std::string& value);

/// The same for several, each as `NAME=VALUE`, which have one place.
void add_client_metadata(Draft& draft, Origin origin, const std::string& full, std::span<const std::string> pairs);

}  // namespace ferrotunnel::cli::importing
