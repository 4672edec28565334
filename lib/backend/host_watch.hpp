// Watches the first response of a connection to an HTTP backend, to find out whether the backend rejects the visitors'
// host name.
#pragma once

#include <memory>

#include "backend/client_service.hpp"
#include "base/log.hpp"
#include "base/tap.hpp"

namespace ferrotunnel::backend {

/// A tap for a connection of this service that also passes everything on to `inner`, which may be null. Returns `inner`
/// itself if there is nothing to find out: the service is not HTTP, or sends a Host of its own, or there is no memory.
std::unique_ptr<Tap> watch_host(const std::shared_ptr<const ClientService>& service, std::unique_ptr<Tap> inner,
                                Logger& log) noexcept;

}  // namespace ferrotunnel::backend
