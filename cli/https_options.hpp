// The options of `server` for visitors by TLS, and for proxies in front.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// Where HTTPS is if there are certificates and nobody says otherwise.
inline constexpr const char* default_https_bind = "0.0.0.0:8443";

/// Those that are richer than a text.
void add_https_options(std::vector<OptionSection>& sections);

/// They override what the file has said to the builder. Whoever gives certificates wants to serve HTTPS.
void apply_https(const Options& options, const Config::ServerSection& file, Server::Builder& builder,
                 Problems& problems);

}  // namespace ferrotunnel::cli
