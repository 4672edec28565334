// The path of one body through the plugins that requested it, in the order of their requests.
//
//   put --> observe --> filter --output, 64 KiB--> observe --> filter --output, 64 KiB--> observe --> take
//
// A filter gets input only while little of its own output waits, so that slow stages hold back earlier ones. A filter
// that announces more output is pulled before it gets input again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_abi.h"
#include "hooks/http_run.hpp"
#include "plugin/hook_timer.hpp"
#include "plugin/instance.hpp"
#include "plugin/sink_buffer.hpp"

namespace ferrotunnel::plugin {

class BodyFilterChain final : public hooks::BodyFilters {
public:
    using ObserveCall = std::int32_t (*)(void* user, ft_text piece, std::int32_t last);
    using Release = void (*)(void* user);

    /// `request`: its id, for the log. `watch` detects a blocked worker. Both must outlive this object.
    BodyFilterChain(std::string_view request, HookTimer& watch) noexcept : request_(request), watch_(watch) {}
    ~BodyFilterChain() override;
    BodyFilterChain(const BodyFilterChain&) = delete;
    BodyFilterChain& operator=(const BodyFilterChain&) = delete;

    /// Add a stage after the others. False if there are too many; the caller then still owns `user`.
    bool add_observer(const Instance& instance, ObserveCall shows, void* user, Release release);
    bool add_filter(const Instance& instance, const ft_body_filter& filter, void* user);
    std::size_t stages() const noexcept { return stages_.size(); }
    /// Removes the stages after the first `n`.
    void roll_back(std::size_t n) noexcept;

    bool changes() const noexcept override { return filters_ > 0; }
    void observe(std::string_view piece, bool last) noexcept override;
    bool accepts() const noexcept override;
    void put(std::string_view piece, bool last) override;
    bool flush() override;
    buffer::Slice take() override;
    State state() const noexcept override { return state_; }

private:
    struct Stage {
        const Instance* instance = nullptr;
        ObserveCall shows = nullptr;  // null: a filter
        ft_body_filter filter{};
        void* user = nullptr;
        Release release = nullptr;
        SinkBuffer out;                    // of a filter
        std::size_t pulled_at = SIZE_MAX;  // the waiting output when it wrote nothing into the room that it had
        bool has_begun = false;            // it has received a piece
        bool has_last = false;             // it has received the last piece
        bool holds_back = false;           // it has received a piece since its last flush
        bool is_bypassed = false;          // it has failed, and its input continues unchanged

        bool is_filter() const noexcept { return shows == nullptr; }
        bool accepts() const noexcept {
            return !has_last && !out.wants_pull() && out.size() <= limits::plugin_body_waiting_max;
        }
        /// Whether the filter will produce nothing after `out`.
        bool is_done() const noexcept { return has_last && !out.wants_pull(); }
    };

    template <typename Hook>
    std::int32_t call(const Stage& stage, Hook hook) noexcept;
    bool add(std::unique_ptr<Stage> stage);
    Stage* filter_before(std::size_t i) const noexcept;
    void feed(std::size_t i, std::string_view piece, bool last);
    void show(Stage& stage, std::string_view piece, bool last) noexcept;
    void give(Stage& stage, std::string_view piece, bool last);
    bool first_accepts() const noexcept;
    bool feed_input();
    void move_on();
    bool move_into(std::size_t i);
    bool pull(Stage& stage);
    bool flush(Stage& stage);
    bool check_result(Stage& stage, std::int32_t result, bool may_bypass);
    void fail(const Stage& stage, std::string_view why) noexcept;
    void bypass(Stage& stage);

    const std::string_view request_;
    HookTimer& watch_;
    std::vector<std::unique_ptr<Stage>> stages_;
    std::size_t filters_ = 0;
    SinkBuffer input_;  // the rest of a piece that was put
    bool input_has_last_ = false;
    State state_ = State::open;
};

}  // namespace ferrotunnel::plugin
