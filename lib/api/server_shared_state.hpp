// What all sessions of a Server share, made of its settings.
#pragma once

#include <memory>

#include "base/log.hpp"
#include "base/random.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Without callbacks. `log` and `random` outlive it. Throws config_error for what the files of TLS turn out to be.
std::shared_ptr<session::ServerShared> make_server_shared(const ServerSettings& settings, runtime::WorkerGroup& workers,
                                                          Logger& log, Random& random);

}  // namespace ferrotunnel::detail
