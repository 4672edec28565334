#include "mux/stream_index.hpp"

#include <algorithm>
#include <new>

#include "base/split_mix.hpp"

namespace ferrotunnel::mux {

void StreamIndex::add(Stream& stream) {
    if ((size_ + 1) * 4 > capacity_ * 3) {
        resize();
    }
    stream.add_ref();
    place(stream);
    ++size_;
}

void StreamIndex::remove(wire::StreamId id) noexcept {
    if (size_ == 0) {
        return;
    }
    std::size_t at = home(id);
    while (slots_[at] != nullptr && slots_[at]->id() != id) {
        at = after(at);
    }
    const auto removed = IntrusivePtr<Stream>::adopt(std::exchange(slots_[at], nullptr));
    if (removed) {
        --size_;
        close_gap(at);
        if (size_ * 3 < capacity_ && capacity_ > capacity_min) {
            shrink();
        }
    }
}

std::size_t StreamIndex::longest_walk() const noexcept {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < capacity_; ++at) {
        if (slots_[at] != nullptr) {
            longest = std::max(longest, steps(home(slots_[at]->id()), at) + 1);
        }
    }
    return longest;
}

void StreamIndex::place(Stream& stream) noexcept {
    std::size_t at = home(stream.id());
    while (slots_[at] != nullptr) {
        at = after(at);
    }
    slots_[at] = &stream;
}

// A stream behind the gap moves into it unless its home lies between them.
void StreamIndex::close_gap(std::size_t gap) noexcept {
    for (std::size_t at = after(gap); slots_[at] != nullptr; at = after(at)) {
        if (steps(home(slots_[at]->id()), at) >= steps(gap, at)) {
            slots_[gap] = std::exchange(slots_[at], nullptr);
            gap = at;
        }
    }
}

void StreamIndex::resize() {
    const std::size_t capacity = std::max(capacity_min, size_ * 2);
    auto slots = std::make_unique<Stream*[]>(capacity + 1);  // only this may fail
    slots_.swap(slots);
    const std::size_t before = std::exchange(capacity_, capacity);
    if (before != 0) {
        key_ = split_mix(key_ + split_mix_step) | 1U;
    }
    for (std::size_t at = 0; at < before; ++at) {
        if (slots[at] != nullptr) {
            place(*slots[at]);
        }
    }
}

void StreamIndex::shrink() noexcept {
    try {
        resize();
    } catch (const std::bad_alloc&) {  // the larger table serves as well
    }
}

}  // namespace ferrotunnel::mux
