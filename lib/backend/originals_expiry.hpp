// Deletes the originals of recorded requests when they expire, and all of them at its own end.
#pragma once

#include <memory>

#include "inspect/inspector.hpp"
#include "inspect/limits.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

/// Lives on its worker.
class OriginalsExpiry {
public:
    OriginalsExpiry(runtime::Worker& worker, std::shared_ptr<inspect::Inspector> inspector,
                    Duration pace = limits::inspect_original_pace);
    ~OriginalsExpiry();
    OriginalsExpiry(const OriginalsExpiry&) = delete;
    OriginalsExpiry& operator=(const OriginalsExpiry&) = delete;

private:
    void expire();

    const std::shared_ptr<inspect::Inspector> inspector_;
    const Duration pace_;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::backend
