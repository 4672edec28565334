#include "plugin/body_filter_chain.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "plugin/host.hpp"

namespace ferrotunnel::plugin {

BodyFilterChain::~BodyFilterChain() {
    roll_back(0);
}

bool BodyFilterChain::add_observer(const Instance& instance, ObserveCall shows, void* user, Release release) {
    auto stage = std::make_unique<Stage>();
    stage->instance = &instance;
    stage->shows = shows;
    stage->user = user;
    stage->release = release;
    return add(std::move(stage));
}

bool BodyFilterChain::add_filter(const Instance& instance, const ft_body_filter& filter, void* user) {
    auto stage = std::make_unique<Stage>();
    stage->instance = &instance;
    stage->filter = filter;
    stage->user = user;
    stage->release = filter.release;
    return add(std::move(stage));
}

bool BodyFilterChain::add(std::unique_ptr<Stage> stage) {
    if (stages_.size() == limits::plugin_body_stages_max) {
        return false;
    }
    const bool is_filter = stage->is_filter();
    stages_.push_back(std::move(stage));
    filters_ += is_filter ? 1 : 0;
    return true;
}

void BodyFilterChain::roll_back(std::size_t n) noexcept {
    while (stages_.size() > n) {
        const std::unique_ptr<Stage> stage = std::move(stages_.back());
        stages_.pop_back();
        filters_ -= stage->is_filter() ? 1 : 0;
        if (stage->release != nullptr) {
            stage->release(stage->user);
        }
    }
}

// Calls a hook of a stage, which is watched like those for heads. A negative value is a failure.
template <typename Hook>
std::int32_t BodyFilterChain::call(const Stage& stage, Hook hook) noexcept {
    std::int32_t result = FT_FAILED;
    timed(watch_, *stage.instance, HookKind::body, [&] { result = hook(); });
    return result;
}

// --- observers ---

void BodyFilterChain::observe(std::string_view piece, bool last) noexcept {
    for (const auto& stage : stages_) {
        show(*stage, piece, last);
    }
    if (last && state_ == State::open) {
        state_ = State::ended;
    }
}

// Shows a piece in parts of the promised size; a stage that fails, or is switched off, sees nothing more.
void BodyFilterChain::show(Stage& stage, std::string_view piece, bool last) noexcept {
    do {
        if (stage.is_bypassed) {
            return;
        }
        const std::string_view part = piece.substr(0, limits::data_payload_max);
        piece.remove_prefix(part.size());
        if (part.empty() && !last) {
            return;
        }
        const bool is_off = stage.instance->is_off();
        const std::int32_t is_last = last && piece.empty() ? 1 : 0;
        if (is_off || call(stage, [&] { return stage.shows(stage.user, text_of(part), is_last); }) < 0) {
            const std::string_view why = is_off ? "" : FailureReason::get_or("its body filter failed without a reason");
            stage.is_bypassed = true;
            if (stage.instance->fails_closed() && !stage.instance->observes()) {
                fail(stage, why);
            } else {
                stage.instance->log_failure(HookKind::body, request_, why);
            }
        }
    } while (!piece.empty());
}

// --- filters ---

// The filter before stage `i`; null if there is none.
BodyFilterChain::Stage* BodyFilterChain::filter_before(std::size_t i) const noexcept {
    while (i > 0) {
        --i;
        if (stages_[i]->is_filter()) {
            return stages_[i].get();
        }
    }
    return nullptr;
}

bool BodyFilterChain::accepts() const noexcept {
    return state_ == State::open && input_.empty() && !input_has_last_ && first_accepts();
}

bool BodyFilterChain::first_accepts() const noexcept {
    const auto first = std::find_if(stages_.begin(), stages_.end(), [](const auto& each) { return each->is_filter(); });
    return first == stages_.end() || (*first)->accepts();
}

void BodyFilterChain::put(std::string_view piece, bool last) {
    const bool takes_it = accepts();
    const std::string_view part = piece.substr(0, takes_it ? limits::data_payload_max : 0);
    input_.append(piece.substr(part.size()));
    input_has_last_ = last && (!takes_it || !input_.empty());
    if (takes_it) {
        feed(0, part, last && !input_has_last_);
    }
    move_on();
}

// Feeds the rest of a piece that was longer than filters get. False if there is none, or if no stage accepts it now.
bool BodyFilterChain::feed_input() {
    const std::string_view piece = input_.front(limits::data_payload_max);
    if ((piece.empty() && !input_has_last_) || !first_accepts()) {
        return false;
    }
    const bool last = input_has_last_ && piece.size() == input_.size();
    input_has_last_ = input_has_last_ && !last;
    feed(0, piece, last);
    input_.drop(piece.size());
    return true;
}

// Passes a piece to the stages from `i` on, up to the next filter.
void BodyFilterChain::feed(std::size_t i, std::string_view piece, bool last) {
    for (; i < stages_.size() && state_ == State::open; ++i) {
        if (stages_[i]->is_filter()) {
            give(*stages_[i], piece, last);
            return;
        }
        show(*stages_[i], piece, last);
    }
}

void BodyFilterChain::give(Stage& stage, std::string_view piece, bool last) {
    if (piece.empty() && !last) {
        return;
    }
    stage.has_last = last;
    const bool is_first = !stage.has_begun;
    if (!stage.is_bypassed && stage.instance->is_off()) {
        if (!is_first || stage.instance->fails_closed()) {
            fail(stage, {});
            return;
        }
        bypass(stage);
    }
    if (!stage.is_bypassed) {
        stage.has_begun = true;
        stage.holds_back = true;
        stage.out.begin_call();
        const std::int32_t result =
            call(stage, [&] { return stage.filter.chunk(stage.user, text_of(piece), last ? 1 : 0, &stage.out); });
        if (check_result(stage, result, is_first)) {
            return;
        }
    }
    stage.out.append(piece);
}

// Handles the result of a filter's call. False if the filter is skipped, and its piece continues unchanged.
bool BodyFilterChain::check_result(Stage& stage, std::int32_t result, bool may_bypass) {
    const std::string_view why = result < 0 ? FailureReason::get_or("its body filter failed without a reason")
                                 : stage.out.has_too_much() ? "it wrote more than 1 MiB for one piece of a body"
                                 : stage.out.wants_pull() && stage.filter.pull == nullptr
                                     ? "it has more output for a body, but no pull function"
                                     : "";
    if (why.empty()) {
        return true;
    }
    if (!may_bypass || stage.instance->fails_closed()) {
        fail(stage, why);
        return true;
    }
    stage.instance->log_failure(HookKind::body, request_, why);
    bypass(stage);
    return false;
}

// From now on the filter's input continues unchanged.
void BodyFilterChain::bypass(Stage& stage) {
    stage.is_bypassed = true;
    stage.out.clear();
    stage.out.begin_call();
}

// The message cannot be completed. Without a reason nothing is logged.
void BodyFilterChain::fail(const Stage& stage, std::string_view why) noexcept {
    stage.instance->log_failure(HookKind::body, request_, why);
    state_ = State::failed;
}

// Moves output from filter to filter, as far as possible.
void BodyFilterChain::move_on() {
    bool moved = true;
    while (moved && state_ == State::open) {
        moved = feed_input();
        for (std::size_t i = stages_.size(); i-- > 0 && state_ == State::open;) {
            moved = (stages_[i]->is_filter() && (pull(*stages_[i]) || move_into(i))) || moved;
        }
    }
}

// Moves a piece that waits before the filter at `i` into it. False if none waits, or the filter accepts none.
bool BodyFilterChain::move_into(std::size_t i) {
    Stage* const before = filter_before(i);
    if (before == nullptr || !stages_[i]->accepts()) {
        return false;
    }
    const std::string_view piece = before->out.front(limits::data_payload_max);
    const bool last = before->is_done() && piece.size() == before->out.size();
    if (piece.empty() && !last) {
        return false;
    }
    std::size_t from = i;  // the first stage after the previous filter
    while (stages_[from - 1].get() != before) {
        --from;
    }
    feed(from, piece, last);
    before->out.drop(piece.size());
    return true;
}

// Pulls the next part from a filter that has more. A filter that writes nothing is pulled again when it has more room.
bool BodyFilterChain::pull(Stage& stage) {
    const std::size_t waiting = stage.out.size();
    if (!stage.out.wants_pull() || waiting >= limits::plugin_body_waiting_max || waiting >= stage.pulled_at) {
        return false;
    }
    if (stage.instance->is_off()) {
        fail(stage, {});
        return true;
    }
    stage.out.begin_call();
    const std::int32_t result = call(stage, [&] { return stage.filter.pull(stage.user, &stage.out); });
    (void)check_result(stage, result, false);
    const bool is_stuck = stage.out.wants_pull() && stage.out.written() == 0;
    stage.pulled_at = is_stuck ? waiting : SIZE_MAX;
    if (is_stuck && waiting == 0 && state_ == State::open) {
        fail(stage, "it has more output for a body, but writes nothing");
    }
    return true;
}

// In their order, since the output of one stage is the input of the next.
bool BodyFilterChain::flush() {
    bool is_asked = false;
    for (const auto& stage : stages_) {
        if (state_ == State::open && stage->is_filter() && flush(*stage)) {
            is_asked = true;
            move_on();
        }
    }
    return is_asked;
}

// Flushes a filter, unless some of its output waits. False if it holds nothing back.
bool BodyFilterChain::flush(Stage& stage) {
    if (!stage.accepts() || stage.is_bypassed || stage.filter.flush == nullptr ||
        !std::exchange(stage.holds_back, false)) {
        return false;
    }
    if (stage.instance->is_off()) {
        fail(stage, {});
        return true;
    }
    stage.out.begin_call();
    (void)check_result(stage, call(stage, [&] { return stage.filter.flush(stage.user, &stage.out); }), false);
    return true;
}

buffer::Slice BodyFilterChain::take() {
    Stage* const end = filter_before(stages_.size());
    if (end == nullptr || state_ != State::open) {
        return {};
    }
    move_on();
    const std::string_view piece = end->out.front(limits::data_payload_max);
    const bool last = end->is_done() && piece.size() == end->out.size();
    if (state_ != State::open || (piece.empty() && !last)) {
        return {};
    }
    constexpr std::size_t headroom = limits::frame_header_bytes;
    buffer::Slice slice;
    if (!piece.empty()) {
        buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(headroom + piece.size()));
        std::memcpy(slab->data() + headroom, piece.data(), piece.size());
        slice = {std::move(slab), headroom, static_cast<std::uint32_t>(piece.size())};
    }
    const auto behind =
        std::find_if(stages_.begin(), stages_.end(), [end](const auto& each) { return each.get() == end; });
    std::for_each(behind + 1, stages_.end(), [&](const auto& each) { show(*each, piece, last); });
    end->out.drop(piece.size());
    if (last && state_ == State::open) {
        state_ = State::ended;
    }
    return slice;
}

}  // namespace ferrotunnel::plugin
