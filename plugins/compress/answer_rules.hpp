// Decides which responses may be compressed, for any visitor.
#pragma once

#include <cstdint>
#include <optional>

#include "compress/media_types.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Whether the body of a response would be compressed for some visitor, according to its head but for the length.
bool may_be_compressed(const plugin::Exchange& exchange, const MediaTypes& types);
/// Whether the response is a part (206) of one that would be compressed.
bool is_part(const plugin::Exchange& exchange, const MediaTypes& types);
/// The declared length of the response; empty if there is none.
std::optional<std::uint64_t> length_of(const plugin::Exchange& exchange);

/// Declares that the response depends on Accept-Encoding. False if there is no room for the field.
bool add_vary(plugin::Exchange& exchange);
/// Adds to a 304 the weak tag that a compressed response had, if the visitor's request has that tag. False if there is
/// no room.
bool weaken_not_modified(plugin::Exchange& exchange);

}  // namespace ferrotunnel::plugins
