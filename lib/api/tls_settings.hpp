// Turns the builders' settings into TLS contexts.
#pragma once

#include <memory>
#include <vector>

#include "settings/settings.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {

/// The TLS context; null where TLS is off. Throws config_error for what the files and the pin turn out to be. The
/// server's may make a certificate in the state directory.
std::shared_ptr<transport::TlsContext> make_tls(const ClientSettings& settings);
std::shared_ptr<transport::TlsContext> make_tls(const ServerSettings& settings);

/// Report what is wrong with the files, which are read without making any; where the settings have problems already,
/// nothing is tried.
void try_tls(const ClientSettings& settings, std::vector<Problem>& problems);
void try_tls(const ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
