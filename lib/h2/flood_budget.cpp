#include "h2/flood_budget.hpp"

#include "h2/limits.hpp"

namespace ferrotunnel::h2 {
namespace {

struct Kind {
    const char* name;
    RateLimit pace;
};
// In the order of the enumeration.
constexpr std::array kinds_of_floods = {
    Kind{"resets_received", resets_received}, Kind{"resets_sent", resets_sent}, Kind{"pings", pings},
    Kind{"settings", settings_frames},        Kind{"priorities", priorities},   Kind{"empty_data", empty_data},
    Kind{"continuations", continuations},

    Kind{"window_updates", window_updates},
};
static_assert(kinds_of_floods.size() == static_cast<std::size_t>(Flood::window_updates) + 1);

}  // namespace

const char* name_of(Flood kind) noexcept {
    return kinds_of_floods[static_cast<std::size_t>(kind)].name;
}

void FloodBudget::small_data_sent() noexcept {
    unanswered_ += answers_of_small_data * data_per_answer;
}

bool FloodBudget::take(Flood kind, TimePoint now) noexcept {
    static_assert(kinds == kinds_of_floods.size());
    const bool may_answer_data = kind == Flood::window_updates || kind == Flood::pings;
    if (may_answer_data && unanswered_ >= data_per_answer) {
        unanswered_ -= data_per_answer;
        return true;
    }
    const auto i = static_cast<std::size_t>(kind);
    return buckets_[i].take(kinds_of_floods[i].pace, now);
}

}  // namespace ferrotunnel::h2
