// Creates the shared state of a Server's sessions from its settings.
#pragma once

#include <memory>

#include "base/log.hpp"
#include "base/random.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Without callbacks. `log` and `random` outlive it. Throws config_error for problems of the TLS files.
std::shared_ptr<session::ServerShared> make_server_shared(const ServerSettings& settings, runtime::WorkerGroup& workers,
                                                          Logger& log, Random& random);

}  // namespace ferrotunnel::detail
