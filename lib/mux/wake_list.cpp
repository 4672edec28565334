#include "mux/wake_list.hpp"

#include <utility>

#include "mux/mutant.hpp"

namespace ferrotunnel::mux {

// An endpoint may call back into the session while it is woken, so a copy of the list is processed.
void WakeList::flush() {
    while (!touched_.empty()) {
        std::vector<IntrusivePtr<Stream>> list;
        list.swap(waking_);
        list.swap(touched_);
        for (IntrusivePtr<Stream>& stream : list) {
            StreamSide& side = stream->side_;
            side.touched = false;
            bool wake = stream->inbound_.unpark() || side.wake_always;
            side.wake_always = false;
            // A stream that has ended completely never wakes its endpoint again: this breaks the cycle between the two.
            const bool last = side.gone && !side.unread;
            IntrusivePtr<buffer::Waker> waker = last ? std::move(stream->waker_) : stream->waker_;
            if (wake && waker && !mutant(Mutant::skipped_wake)) {
                waker->wake();
            }
        }
        list.clear();
        waking_.swap(list);  // keeps its memory
    }
}

}  // namespace ferrotunnel::mux
