// Deletes the originals of recorded requests when they expire, and all of them at its own end.
#pragma once

#include <memory>

#include "inspect/inspector.hpp"
#include "inspect/limits.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

/// Lives on its worker.
class OriginalsWatch {
public:
    OriginalsWatch(runtime::Worker& worker, std::shared_ptr<inspect::Inspector> inspector,
                   Duration pace = limits::inspect_original_pace);
    ~OriginalsWatch();
    OriginalsWatch(const OriginalsWatch&) = delete;
    OriginalsWatch& operator=(const OriginalsWatch&) = delete;

private:
    void look();

    const std::shared_ptr<inspect::Inspector> inspector_;
    const Duration pace_;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::backend
