// Visitors who ask by TLS for a host whose TLS passes untouched: they are handed over to a trunk, with what they have
// sent still in the socket.
#pragma once

#include <memory>

#include "directory/http_directory.hpp"
#include "ingress/edge_worker.hpp"

namespace ferrotunnel::ingress {

/// Passes TLS through by the hosts of `directory`. A visitor who asks for a host whose client is away waits for it for
/// as long as requests do (HttpSettings::hold), and is then told `internal_error`.
TlsPassthrough passthrough_by(std::shared_ptr<const directory::HttpDirectory> directory);

}  // namespace ferrotunnel::ingress
