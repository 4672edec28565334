// Why the plugin's call that runs on this thread fails, as the plugin (ft_host.explain) or a function of the host says
// while it runs. One for each thread: calls of plugins do not nest.
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
    /// A call begins.
    static void clear() noexcept { size_ = 0; }
    /// The last word counts; no more than limits::plugin_reason_max bytes are kept.
    static void set(std::string_view words) noexcept {
        size_ = 0;
        add(words);
    }
    /// Adds to it, within the same bound.
    static void add(std::string_view words) noexcept {
        const std::size_t fitting = std::min(words.size(), text_.size() - size_);
        std::copy_n(words.data(), fitting, text_.data() + size_);
        size_ += fitting;
    }
    /// What was said, as it was said: it may have any bytes.
    static std::string_view get_or(std::string_view otherwise) noexcept {
        return size_ != 0 ? std::string_view(text_.data(), size_) : otherwise;
    }

private:
    static constinit inline thread_local std::size_t size_ = 0;
    static constinit inline thread_local std::array<char, limits::plugin_reason_max> text_{};
};

/// Why a hook has failed whose handle is gone.
inline constexpr std::string_view owed_and_dropped = "the decision that it owed was let go";

/// Why a hook has failed that has returned this instead of a decision.
inline std::string_view reason_of(ft_decision returned) noexcept {
    return FailureReason::get_or(returned > FT_COLLECT ? "it has returned a number that is no decision"
                                                       : "it has failed");
}

}  // namespace ferrotunnel::plugin
