// OPEN frames that wait to be written, in the order of their streams' ids.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "buffer/slab.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// Own streams enter the lane of control frames in the order of their ids. So if the stream that leaves the lane has a
/// frame here, it is the first one. At most streams_max places, as streams that have not left the lane count until they
/// have. Lives on the session's worker.
class OpenFrames {
public:
    /// Makes room for one more frame, so that the next push() does not throw. Throws std::bad_alloc.
    void reserve_one() {
        if (first_ == frames_.size()) {
            forget_taken();
        }
        if (frames_.size() == frames_.capacity()) {
            frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
            frames_.reserve(frames_.size() + frames_.size() / 2 + 4);
        }
    }
    void push(wire::StreamId stream, buffer::Slice frame) {
        reserve_one();
        frames_.push_back({stream, std::move(frame)});
    }
    /// The frame of this stream; empty if there is none, or if another stream's comes first.
    buffer::Slice take(wire::StreamId stream) noexcept {
        if (first_ == frames_.size() || frames_[first_].stream != stream) {
            return {};
        }
        return std::move(frames_[first_++].frame);
    }

    /// Drops the frame of this stream, which will not be written. Its place is kept until take() is called for it.
    void drop(wire::StreamId stream) noexcept {
        const auto found =
            std::lower_bound(frames_.begin() + static_cast<std::ptrdiff_t>(first_), frames_.end(), stream,
                             [](const Waiting& each, wire::StreamId id) { return each.stream < id; });
        if (found != frames_.end() && found->stream == stream) {
            found->frame = {};
        }
    }
    void clear() noexcept { forget_taken(); }

    std::size_t size() const noexcept { return frames_.size() - first_; }
    /// Places for frames that are kept; for tests.
    std::size_t capacity() const noexcept { return frames_.capacity(); }
    /// This many places are kept while no frame waits.
    static constexpr std::size_t kept_max = 256;

private:
    struct Waiting {
        wire::StreamId stream = 0;
        buffer::Slice frame;
    };
    void forget_taken() noexcept {
        frames_.clear();
        first_ = 0;
        if (frames_.capacity() > kept_max) {
            std::vector<Waiting>().swap(frames_);
        }
    }

    std::vector<Waiting> frames_;  // those before `first_` were taken
    std::size_t first_ = 0;
};

}  // namespace ferrotunnel::mux
