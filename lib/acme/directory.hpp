// The directory of a CA: its URLs and what it offers (RFC 8555, 7.1.1).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ferrotunnel::acme {

struct Directory {
    std::string url{};  // of the directory itself
    std::string new_nonce{};
    std::string new_account{};
    std::string new_order{};
    std::string key_change{};
    std::string renewal_info{};  // empty: the CA has none
    std::string terms{};         // URL of its terms of service; may be empty
    bool needs_external_account = false;
    std::vector<std::string> issuers{};             // the CA's names in CAA and DNS-PERSIST-01 records; may be empty
    std::map<std::string, std::string> profiles{};  // name and description
};

/// Parses it. The error is worded to follow the URL: "is not an ACME directory: it has no newOrder".
Result<Directory, std::string> read_directory(std::string_view url, std::string_view body);

/// Whether this URL may be requested: https, or http at a loopback address; no longer than limits::url_max.
bool is_ca_url(std::string_view url) noexcept;
/// Whether a CA with this directory may name this URL: is_ca_url(), and http only if the directory has it too, so that
/// no CA elsewhere causes requests to services of this machine.
bool may_name_url(std::string_view directory_url, std::string_view url) noexcept;

/// A CA whose orders test a set-up without its limits, if one is known: Let's Encrypt's. Otherwise empty.
std::string known_staging(std::string_view directory_url);

}  // namespace ferrotunnel::acme
