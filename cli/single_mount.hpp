// A file that is mounted alone, as containers have it: the program that replaces it where it comes from makes another
// file, and the mount keeps the one that was there. Neither watching nor reading again finds the new one.
#pragma once

#include <string>

namespace ferrotunnel::cli {

/// Whether the file was replaced or removed where it is mounted from: what is read here is the old one.
bool is_replaced_elsewhere(const std::string& file);

/// Why changes of the file are perhaps not seen, as the end of a sentence about it; empty: they are seen.
std::string why_changes_stay_unseen(const std::string& file);

}  // namespace ferrotunnel::cli
