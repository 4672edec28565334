#include "plugin/host.hpp"

#include <atomic>
#include <chrono>
#include <string_view>

#include "plugin/failure_reason.hpp"
#include "plugin/instance.hpp"
#include "plugin/settings_view.hpp"

// Requests need sockets, which this layer does not have: fetch/plugin_table.cpp, in a layer above, defines the
// function. A program linked without it offers plugins no requests.
namespace ferrotunnel::fetch {
[[gnu::weak]] const ft_fetch& plugin_table() noexcept;
}

namespace ferrotunnel::plugin {
namespace {

std::atomic<std::uint64_t (*)()> clock_of_plugins{nullptr};

std::uint64_t now_ns() {
    auto* const clock = clock_of_plugins.load(std::memory_order_relaxed);
    return clock != nullptr ? clock() : 0;
}

const void* extension(const char* id) {
    const std::string_view wanted = id != nullptr ? id : "";
    if (wanted == FT_HTTP_1) {
        return &http_table();
    }
    if (wanted == FT_BODY_1) {
        return &body_table();
    }
    if (wanted == FT_SESSION_1) {
        return &session_table();
    }
    if (wanted == FT_FETCH_1) {
        return fetch::plugin_table != nullptr ? &fetch::plugin_table() : nullptr;
    }
    if (wanted == FT_TOKENS_1) {
        return &token_table();
    }
    return wanted == FT_SETTINGS_1 ? &settings_table() : nullptr;
}

void log(const ft_instance* instance, std::int32_t level, ft_text line) {
    if (instance != nullptr) {
        static_cast<const Instance*>(instance)->log(level, {line.data, line.size});
    }
}

void explain(ft_text words) {
    FailureReason::set(view(words));
}

}  // namespace

const ft_host& host() noexcept {
    static const ft_host table{sizeof(ft_host), FT_ABI_MINOR, extension, log, now_ns, explain};
    return table;
}

PluginClock set_clock(PluginClock now_ns) noexcept {
    return clock_of_plugins.exchange(now_ns, std::memory_order_relaxed);
}

TimePoint now() noexcept {
    return TimePoint(std::chrono::nanoseconds(now_ns()));
}

}  // namespace ferrotunnel::plugin
