// Converts the builders' settings into TLS contexts.
#pragma once

#include <memory>
#include <vector>

#include "settings/settings.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {

/// The TLS context; null if TLS is off. Throws config_error for problems of the files and the pin. The server's
/// function may create a certificate in the state directory.
std::shared_ptr<transport::TlsContext> make_tls(const ClientSettings& settings);
std::shared_ptr<transport::TlsContext> make_tls(const ServerSettings& settings);

/// Report the problems of the files, which are read without creating any; if the settings have problems already,
/// nothing is tried.
void try_tls(const ClientSettings& settings, std::vector<Problem>& problems);
void try_tls(const ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
