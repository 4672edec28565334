// Which answers may be compressed, whoever asks.
#pragma once

#include <cstdint>
#include <optional>

#include "compress/media_types.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Whether an answer's body would be compressed for some visitor, as far as its head tells besides its length.
bool may_be_compressed(const plugin::Exchange& exchange, const MediaTypes& types);
/// The same for a part of what would be compressed as a whole (206).
bool is_part(const plugin::Exchange& exchange, const MediaTypes& types);
/// The length that the answer says; nothing: it says none.
std::optional<std::uint64_t> length_of(const plugin::Exchange& exchange);

/// Says that the answer depends on Accept-Encoding. False: there is no room for that.
bool add_vary(plugin::Exchange& exchange);
/// A 304 for a visitor who has asked with the weak tag that a compressed answer had: it says that tag as well. False:
/// there is no room.
bool weaken_not_modified(plugin::Exchange& exchange);

}  // namespace ferrotunnel::plugins
