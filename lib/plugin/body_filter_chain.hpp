// The path of one body through the plugins that requested it, in the order of their requests.
//
//   put --> observe --> filter --output, 64 KiB--> observe --> filter --output, 64 KiB--> observe --> take
//
// A filter gets input only while little of its own output waits, so that slow stages hold back earlier ones. A filter
// that announces more output is pulled before it gets input again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/plugin_abi.h"
#include "hooks/http_run.hpp"
#include "plugin/hook_timer.hpp"
#include "plugin/instance.hpp"

/// The opaque sink of plugin_abi.h.
struct ft_sink {};

namespace ferrotunnel::plugin {

/// The output of a body filter that has not been passed on yet.
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
        SinkBuffer out;                    // a filter's output
        std::size_t pulled_at = SIZE_MAX;  // the waiting output when it wrote nothing into the room that it had
        bool has_begun = false;            // has received a piece
        bool has_last = false;             // has received the last piece
        bool holds_back = false;           // has received a piece since its last flush
        bool is_bypassed = false;          // the filter failed, and its input continues unchanged

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
