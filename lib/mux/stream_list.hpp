// Intrusive lists of streams on the session's thread. Only a StreamFifo holds a reference to each of its streams.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// A first-in, first-out list, linked through the member `Next`. The caller must know whether a stream is on it.
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

/// Streams ordered by how long they have waited for something, the longest first; any of them may be removed. It holds
/// no references: only streams of the session's table are on it, and each is on one such list at a time.
class WaitList {
public:
    bool empty() const noexcept { return first_ == nullptr; }
    std::uint32_t size() const noexcept { return size_; }
    Stream* oldest() const noexcept { return first_; }
    void push(Stream& stream, TimePoint now) noexcept {
        StreamSide& side = stream.side_;
        side.waits_since = now;
        side.wait_previous = last_;
        side.wait_next = nullptr;
        (last_ == nullptr ? first_ : last_->side_.wait_next) = &stream;
        last_ = &stream;
        ++size_;
    }
    void remove(Stream& stream) noexcept {
        StreamSide& side = stream.side_;
        (side.wait_previous == nullptr ? first_ : side.wait_previous->side_.wait_next) = side.wait_next;
        (side.wait_next == nullptr ? last_ : side.wait_next->side_.wait_previous) = side.wait_previous;
        --size_;
    }

private:
    Stream* first_ = nullptr;
    Stream* last_ = nullptr;
    std::uint32_t size_ = 0;
};

/// Streams whose OPEN is not answered yet, also counted by service. It holds no references either.
class OpenList {
public:
    bool empty() const noexcept { return streams_.empty(); }
    std::uint32_t size() const noexcept { return streams_.size(); }
    Stream* oldest() const noexcept { return streams_.oldest(); }
    std::uint32_t of_service(std::uint32_t service) const {
        const auto found = per_service_.find(service);
        return found == per_service_.end() ? 0 : found->second;
    }
    void push(Stream& stream, TimePoint now) {
        ++per_service_[stream.service()];  // first, since only this may throw
        streams_.push(stream, now);
    }
    void remove(Stream& stream) {
        streams_.remove(stream);
        const auto count = per_service_.find(stream.service());
        if (--count->second == 0) {
            per_service_.erase(count);
        }
    }

private:
    WaitList streams_;
    std::unordered_map<std::uint32_t, std::uint32_t> per_service_;
};

}  // namespace ferrotunnel::mux
