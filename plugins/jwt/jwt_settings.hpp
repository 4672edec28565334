// The settings of `jwt`, as values. What is wrong with them is reported at its place.
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
/// Claims, and the fields that tell them.
std::vector<std::pair<std::string, std::string>> read_claims(const plugin::Settings& settings);
ClaimRules read_claim_rules(const plugin::Settings& settings);
/// Whether there are keys, and can be had.
void check_key_places(const plugin::Settings& settings);

}  // namespace ferrotunnel::plugins
