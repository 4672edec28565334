// Detects a file that is mounted by itself, as containers do: replacing it on the host creates another file, and the
// mount keeps the old one. Neither watching nor reading finds the new one.
#pragma once

#include <string>

namespace ferrotunnel::cli {

/// Whether the file was replaced or removed on the host, so that its old content is read here.
bool is_replaced_elsewhere(const std::string& file);

/// Why changes of the file may not be noticed, as the end of a sentence about it; empty if they are.
std::string unseen_changes_reason(const std::string& file);

}  // namespace ferrotunnel::cli
