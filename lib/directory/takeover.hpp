// Acts on the registry's answers when another session is in the way: evicts the older sessions of a client that has
// reconnected, and probes whether the holder of a wanted port is still alive.
//
//                      +---------- evicted, left the registry <-----------------+
//                      v                                                        |
//    claim ----> ask the registry --Contested--> probe the holder --silent--> evict      (all trunks of it)
//                      |                                |
//                      |--Granted--> done               '--alive--> refused (port_taken)
//                      '--Refusal--> refused
//
// `done` is called exactly once, on any thread, possibly before the call returns. A session may be evicted as soon as
// it is admitted, even before `done` is called; and a session that has ended while it waited must still release what it
// got in the end. In both cases it calls Registry::remove (again) in `done`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "directory/registry.hpp"

namespace ferrotunnel::directory {

/// Receives nothing if the session is admitted, or the names are granted.
using TakeoverDone = std::function<void(std::optional<Refusal>)>;

void admit_with_takeover(std::shared_ptr<Registry> registry, SessionInfo info, std::shared_ptr<SessionHandle> handle,
                         TakeoverDone done);

/// Claims all of `names`, in their order, for `group` if there is one. After a refusal the session has the names before
/// the refused one, and releases what it does not want.
void claim_with_takeover(std::shared_ptr<Registry> registry, SessionKey session, std::uint32_t service,
                         std::vector<ClaimName> names, const std::optional<ClientId>& group, TimePoint now,
                         TakeoverDone done);

}  // namespace ferrotunnel::directory
