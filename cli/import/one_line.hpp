// The command of this program that does the same as a configuration, in one line.
#pragma once

#include <string>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// `ferrotunnel http 3000 --host app.example.com --server HOST --token-file token`. Empty if options cannot express the
/// draft: several services, a service that is off, rules that only files have.
std::string one_line_command(const Draft& draft);

}  // namespace ferrotunnel::cli::importing
