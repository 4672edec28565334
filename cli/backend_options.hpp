// --backend-ca and its like, and --proxy-protocol: how the services of the command line reach their backends.
#pragma once

#include <variant>
#include <vector>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

using AnyService = std::variant<Tcp, Http, Tls>;

/// Those that a command has whose services may speak TLS to their backends.
std::vector<OptionInfo> backend_tls_options();
OptionInfo proxy_protocol_option();

/// Whether any of them was said.
bool has_backend_options(const Options& options);

/// What they say goes to all services that it can be about; that there is none is a problem.
void apply_backend_options(const Options& options, const std::vector<AnyService*>& services, Problems& problems);

}  // namespace ferrotunnel::cli
