// Reads the settings of `jwt`, and reports mistakes at their places.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "jwt/key.hpp"
#include "jwt/key_source.hpp"
#include "jwt/token.hpp"

namespace ferrotunnel::plugins {

std::vector<Key> read_own_keys(const plugin::Settings& settings);
/// Claims, and the fields that pass them on.
std::vector<std::pair<std::string, std::string>> read_claims(const plugin::Settings& settings);
ClaimRules read_claim_rules(const plugin::Settings& settings);
/// Reports missing sources of keys, and those that cannot be used.
void check_key_places(const plugin::Settings& settings);

}  // namespace ferrotunnel::plugins
