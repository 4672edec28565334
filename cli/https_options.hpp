// The options of `server` for visitors who come by TLS, and for proxies in front.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// The address of HTTPS if there are certificates and nobody says otherwise.
inline constexpr const char* default_https_bind = "0.0.0.0:8443";

/// Adds the options whose settings are richer than a text.
void add_https_options(std::vector<OptionSection>& sections);

/// Applies the options to the builder, where they override the file. A user who gives certificates wants to serve
/// HTTPS: it then has an address by default.
void apply_https(const Options& options, const Config::ServerSection& file, Server::Builder& builder,
                 Problems& problems);

}  // namespace ferrotunnel::cli
