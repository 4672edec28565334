// Why the plugin's call on this thread fails, as the plugin (ft_host.explain) or a host function sets it during the
// call. One per thread: calls of plugins do not nest.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "ferrotunnel/plugin_abi.h"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {

class FailureReason {
public:
    /// Begins a call.
    static void clear() noexcept { size_ = 0; }
    /// Replaces the reason; at most limits::plugin_reason_max bytes are kept.
    static void set(std::string_view words) noexcept {
        size_ = 0;
        add(words);
    }
    /// Appends to the reason, within the same limit.
    static void add(std::string_view words) noexcept {
        const std::size_t fitting = std::min(words.size(), text_.size() - size_);
        std::copy_n(words.data(), fitting, text_.data() + size_);
        size_ += fitting;
    }
    /// The reason, unchanged: it may contain any bytes.
    static std::string_view get_or(std::string_view otherwise) noexcept {
        return size_ != 0 ? std::string_view(text_.data(), size_) : otherwise;
    }

private:
    static constinit inline thread_local std::size_t size_ = 0;
    static constinit inline thread_local std::array<char, limits::plugin_reason_max> text_{};
};

/// The reason of a failed hook that dropped its handle.
inline constexpr std::string_view decision_dropped = "it dropped its pending decision";

/// The reason of a hook that failed by returning this value.
inline std::string_view reason_of(ft_decision returned) noexcept {
    return FailureReason::get_or(returned > FT_COLLECT ? "it returned a number that is not a decision"
                                                       : "it failed without a reason");
}

}  // namespace ferrotunnel::plugin
