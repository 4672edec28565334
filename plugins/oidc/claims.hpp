// What claims of a user say, for the session.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace ferrotunnel::plugins {

/// A claim that is a text; empty if it is not.
std::string text_claim(const nlohmann::json& claims, const std::string& name);
/// The address, if the provider has verified it, or `trusts` is set; otherwise empty.
std::string verified_email(const nlohmann::json& claims, bool trusts);
/// A claim with a list of texts, or one text.
std::vector<std::string> group_list(const nlohmann::json& claims, const std::string& name);
/// Adds claims of the userinfo endpoint that the ID token does not have. An address and whether it is verified are one
/// statement: both come from the same place, unless the addresses are equal.
void complete_claims(nlohmann::json& claims, const nlohmann::json& userinfo);
/// Keeps only groups of `known`, since cookies are small. What is passed to the backend is a claim of its own.
void keep_groups(std::vector<std::string>& groups, const std::unordered_set<std::string>& known);

}  // namespace ferrotunnel::plugins
