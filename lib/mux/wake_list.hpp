// Endpoints to wake at the end of a call: each once, however much arrived for it.
#pragma once

#include <vector>

#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class WakeList {
public:
    bool empty() const noexcept { return touched_.empty(); }
    /// Records that the endpoint is to be woken. `always`: even if it has not parked.
    void touch(Stream& stream, bool always) {
        StreamSide& side = stream.side_;
        side.wake_always = side.wake_always || always;
        if (!side.touched) {
            side.touched = true;
            touched_.emplace_back(&stream);
        }
    }
    /// Wakes the recorded endpoints. A woken endpoint may act at once and touch streams, which are woken as well.
    void flush();

private:
    std::vector<IntrusivePtr<Stream>> touched_;
    std::vector<IntrusivePtr<Stream>> waking_;  // spare memory for the list that is being processed
};

}  // namespace ferrotunnel::mux
