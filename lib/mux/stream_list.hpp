// Intrusive lists of streams on the session's thread. A list holds a reference to each stream on it.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// First in, first out, linked through the member `Next`. The caller knows whether a stream is on it.
template <Stream* StreamSide::*Next>
class StreamFifo {
public:
    StreamFifo() = default;
    StreamFifo(const StreamFifo&) = delete;
    StreamFifo& operator=(const StreamFifo&) = delete;
    ~StreamFifo() {
        while (!empty()) {
            pop();
        }
    }

    bool empty() const noexcept { return first_ == nullptr; }
    Stream* front() const noexcept { return first_; }
    void push(Stream& stream) {
        stream.add_ref();
        stream.side_.*Next = nullptr;
        if (last_ == nullptr) {
            first_ = &stream;
        } else {
            last_->side_.*Next = &stream;
        }
        last_ = &stream;
    }
    IntrusivePtr<Stream> pop() {
        auto stream = IntrusivePtr<Stream>::adopt(first_);
        first_ = stream->side_.*Next;
        if (first_ == nullptr) {
            last_ = nullptr;
        }
        return stream;
    }

private:
    Stream* first_ = nullptr;
    Stream* last_ = nullptr;
};

/// Streams whose OPEN was not answered yet, oldest first; any may leave. It borrows: only streams of the session's
/// table are on it.
class OpenList {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    std::uint32_t size() const noexcept { return size_; }
    Stream* oldest() const noexcept { return first_; }
    std::uint32_t of_service(std::uint32_t service) const {
        const auto found = per_service_.find(service);
        return found == per_service_.end() ? 0 : found->second;
    }
    void push(Stream& stream, TimePoint now) {
        ++per_service_[stream.service()];  // first: only this may fail
        StreamSide& side = stream.side_;
        side.opened_at = now;
        side.open_previous = last_;
        side.open_next = nullptr;
        (last_ == nullptr ? first_ : last_->side_.open_next) = &stream;
        last_ = &stream;
        ++size_;
    }
    void remove(Stream& stream) {
        StreamSide& side = stream.side_;
        (side.open_previous == nullptr ? first_ : side.open_previous->side_.open_next) = side.open_next;
        (side.open_next == nullptr ? last_ : side.open_next->side_.open_previous) = side.open_previous;
        --size_;
        const auto count = per_service_.find(stream.service());
        if (--count->second == 0) {
            per_service_.erase(count);
        }
    }

private:
    Stream* first_ = nullptr;
    Stream* last_ = nullptr;
    std::uint32_t size_ = 0;
    std::unordered_map<std::uint32_t, std::uint32_t> per_service_;
};

}  // namespace ferrotunnel::mux
