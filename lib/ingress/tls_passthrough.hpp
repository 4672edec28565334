// Visitors that request, by TLS, a host whose TLS passes untouched: they are handed over to a trunk, with their bytes
// still in the socket.
#pragma once

#include <memory>

#include "directory/http_directory.hpp"
#include "ingress/edge_worker.hpp"

namespace ferrotunnel::ingress {

/// Passes TLS through by the hosts of `directory`. A visitor that requests a host whose client is disconnected waits
/// for it as long as requests do (HttpServerSettings::hold), and then receives `internal_error`.
TlsPassthrough passthrough_by(std::shared_ptr<const directory::HttpDirectory> directory);

}  // namespace ferrotunnel::ingress
