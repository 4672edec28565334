// The options of `server` for HTTPS visitors and for proxies in front.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// Adds the options whose values have parts.
void add_https_options(std::vector<OptionSection>& sections);

/// Applies the options to the builder, where they override the file. Certificates enable HTTPS at its default address.
void apply_https(const Options& options, const Config::ServerSection& file, bool has_acme, Server::Builder& builder,
                 Problems& problems);

}  // namespace ferrotunnel::cli
