// Options of `ferrotunnel server` for certificates from a CA.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/server.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// Adds the options that no row of the library explains.
void add_acme_options(std::vector<OptionSection>& sections);

/// Applies ACME of the file and of the options, of which the library applies those with a plain value later. Returns
/// whether the server gets certificates from a CA.
bool apply_acme(const Options& options, const Config::ServerSection& file, Server::Builder& builder,
                Problems& problems);

/// The CA that is used first: the host of its directory.
std::string ca_of(const Acme& acme);

}  // namespace ferrotunnel::cli
