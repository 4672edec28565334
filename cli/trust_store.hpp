// The system's list of trusted CAs: Debian's and Fedora's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trusted_ca.hpp"

namespace ferrotunnel::cli {

/// A system's folder for CAs of its administrator, and the program that makes the list from it.
struct TrustStore {
    std::string folder{};
    std::string ending{};  // of files there
    std::string program{};
    std::vector<std::string> install{};  // its arguments
    std::vector<std::string> remove{};
    std::string bundle{};  // the list
};

/// That of this system; empty: another system.
std::optional<TrustStore> this_trust_store();

/// The file of a CA in the store's folder.
std::string file_in(const TrustStore& store, const TrustedCa& ca);
/// Files of this program's CAs in the folder, sorted, with those that a killed process has left behind: Fedora's list
/// has all files. `of`: only those of this file_in(); empty: all.
std::vector<std::string> own_files(const TrustStore& store, const std::string& of = {});

/// Whether the list has this CA.
bool is_trusted(const TrustStore& store, const TrustedCa& ca);
/// Whether the list has a CA of a server of this program.
bool has_own_ca(const TrustStore& store);

/// Writes the CA's file, readable by all. Throws std::system_error.
void write_ca(const std::string& file, const TrustedCa& ca);
/// Runs the program with these arguments, and nothing of this process's environment and umask: what it writes is for
/// all. Throws std::runtime_error if it fails.
void update_list(const TrustStore& store, const std::vector<std::string>& arguments);

/// At most `bytes_max` bytes of a regular file. Throws std::runtime_error with the path.
std::string read_bounded(const std::string& file, std::size_t bytes_max);

}  // namespace ferrotunnel::cli
