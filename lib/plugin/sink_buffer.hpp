// The output of a body filter that has not been passed on yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "ferrotunnel/plugin_abi.h"

/// The opaque sink of plugin_abi.h.
struct ft_sink {};

namespace ferrotunnel::plugin {

class SinkBuffer final : public ft_sink {
public:
    // --- for the filter ---

    /// Appends output; false, from this call on, if one call of the filter has written too much.
    bool write(std::string_view bytes) {
        too_much_ = too_much_ || bytes.size() > limits::plugin_body_output_max - written_;
        if (too_much_) {
            return false;
        }
        written_ += bytes.size();
        append(bytes);
        return true;
    }
    std::size_t room() const noexcept {
        return size() < limits::plugin_body_waiting_max ? limits::plugin_body_waiting_max - size() : 0;
    }
    void more() noexcept { wants_pull_ = true; }
    /// A write has run out of memory.
    void fail() noexcept { too_much_ = true; }

    // --- for the host ---

    /// Begins a call of the filter.
    void begin_call() noexcept {
        written_ = 0;
        wants_pull_ = false;
    }
    /// The bytes that the call has written so far.
    std::size_t written() const noexcept { return written_; }
    bool has_too_much() const noexcept { return too_much_; }
    /// Whether the filter announced more output.
    bool wants_pull() const noexcept { return wants_pull_; }

    std::size_t size() const noexcept { return bytes_.size() - at_; }
    bool empty() const noexcept { return size() == 0; }
    std::string_view front(std::size_t most) const noexcept { return std::string_view(bytes_).substr(at_, most); }
    /// Appends bytes that no filter has written.
    void append(std::string_view bytes) {
        if (at_ > bytes_.size() / 2) {
            bytes_.erase(0, at_);
            at_ = 0;
        }
        bytes_.append(bytes);
    }
    void drop(std::size_t n) noexcept {
        at_ += n;
        if (at_ == bytes_.size()) {
            clear();
        }
    }
    void clear() noexcept {
        if (bytes_.capacity() > 2 * limits::plugin_body_waiting_max) {
            std::string().swap(bytes_);  // a single large piece does not justify keeping its memory
        }
        bytes_.clear();
        at_ = 0;
    }

private:
    std::string bytes_;
    std::size_t at_ = 0;  // bytes before it were passed on
    std::size_t written_ = 0;
    bool wants_pull_ = false;
    bool too_much_ = false;
};

}  // namespace ferrotunnel::plugin
