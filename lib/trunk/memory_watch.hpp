// Lets a governor look at all sessions every now and then, and tells the log when memory is short.
#pragma once

#include <memory>

#include "base/log.hpp"
#include "runtime/timer.hpp"
#include "trunk/memory_governor.hpp"

namespace ferrotunnel::trunk {

/// Made on its worker; destroyed there, or after it has stopped.
class MemoryWatch {
public:
    MemoryWatch(runtime::Worker& worker, std::shared_ptr<MemoryGovernor> governor, Logger& log);

private:
    void look();

    runtime::Worker& worker_;
    const std::shared_ptr<MemoryGovernor> governor_;
    Logger& log_;
    TimePoint told_at_{};
    bool told_ = false;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::trunk
