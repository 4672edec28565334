// A lock-free queue of lines from the workers to the writing thread: a ring of preallocated places.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ferrotunnel::plugins {

/// Including the line end. Not more than a pipe accepts as a whole, so that lines of several writers never mix.
constexpr std::size_t log_line_bytes_max = 4'096;

class LineQueue {
public:
    /// Has room for at least `lines` lines.
    explicit LineQueue(std::size_t lines)
        : mask_(std::bit_ceil(lines) - 1),
          turns_(mask_ + 1),
          sizes_(mask_ + 1),
          texts_(std::make_unique_for_overwrite<char[]>((mask_ + 1) * log_line_bytes_max)) {
        for (std::size_t i = 0; i <= mask_; ++i) {
            turns_[i].store(i, std::memory_order_relaxed);
        }
    }

    /// Calls `write(char* line)`, which writes a line of up to log_line_bytes_max bytes and returns its size. False if
    /// there is no room, and it was not called. Thread-safe; does not wait or allocate.
    template <typename Write>
    bool push(Write write) {
        std::size_t at = next_in_.load(std::memory_order_relaxed);
        while (true) {
            // A place's turn is its number when it is empty, one more when it has a line, and a round more afterwards.
            const std::size_t turn = turns_[at & mask_].load(std::memory_order_acquire);
            if (turn == at) {
                if (next_in_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
                    break;
                }
            } else if (static_cast<std::ptrdiff_t>(turn - at) < 0) {
                return false;
            } else {
                at = next_in_.load(std::memory_order_relaxed);
            }
        }
        sizes_[at & mask_] = write(texts_.get() + (at & mask_) * log_line_bytes_max);
        turns_[at & mask_].store(at + 1, std::memory_order_release);
        return true;
    }

    /// Appends the next lines to `text`, up to `bytes` bytes in total; returns their number. One thread at a time.
    std::size_t pop(std::string& text, std::size_t bytes) {
        std::size_t lines = 0;
        for (;; ++lines, ++next_out_) {
            const std::size_t place = next_out_ & mask_;
            if (turns_[place].load(std::memory_order_acquire) != next_out_ + 1 || text.size() + sizes_[place] > bytes) {
                return lines;
            }
            text.append(texts_.get() + place * log_line_bytes_max, sizes_[place]);
            turns_[place].store(next_out_ + mask_ + 1, std::memory_order_release);
        }
    }

private:
    const std::size_t mask_;
    std::vector<std::atomic<std::size_t>> turns_;
    std::vector<std::size_t> sizes_;
    const std::unique_ptr<char[]> texts_;
    alignas(64) std::atomic<std::size_t> next_in_{0};
    alignas(64) std::size_t next_out_ = 0;
};

}  // namespace ferrotunnel::plugins
