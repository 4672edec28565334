// Judges the plugins that clients may request from a server.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "doctor/finding.hpp"

namespace ferrotunnel::cli::doctor {

/// `requested`: the types that clients may request; `found`: the types that are installed in `folder`. Empty if all are
/// found.
Findings judge_client_plugins(const std::vector<std::string>& requested, const std::set<std::string>& found,
                              const std::string& folder);

/// Whether this text of a server is about a plugin that a service requests: it has no code of its own.
bool is_about_plugin(const std::string& refusal);

}  // namespace ferrotunnel::cli::doctor
