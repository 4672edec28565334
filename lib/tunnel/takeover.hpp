// Does what the registry says when somebody is in the way: evicts the older sessions of a client that came back, and
// finds out whether the holder of a wanted port is still alive.
//
//                      +---------- evicted, left the registry <-----------------+
//                      v                                                        |
//    claim ----> ask the registry --Contested--> probe the holder --silent--> evict
//                      |                                |
//                      |--Granted--> done               '--alive--> refused (port_taken)
//                      '--Refusal--> refused
//
// `done` is called exactly once, on any thread, possibly before the call returns. If the session that asked has ended
// in the meantime it must still give back what it was granted: call Registry::remove.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "tunnel/registry.hpp"

namespace ferrotunnel::tunnel {

using AdmitDone = std::function<void(Result<SessionKey, Refusal>)>;
using ClaimDone = std::function<void(std::optional<Refusal>)>;

void admit_with_takeover(std::shared_ptr<Registry> registry, SessionInfo info, std::shared_ptr<SessionHandle> handle,
                         AdmitDone done);

void claim_with_takeover(std::shared_ptr<Registry> registry, SessionKey session, std::uint32_t service,
                         std::uint16_t port, TimePoint now, ClaimDone done);

}  // namespace ferrotunnel::tunnel
