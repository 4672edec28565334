#include "h2/flood_budget.hpp"

#include <algorithm>

#include "h2/limits.hpp"

namespace ferrotunnel::h2 {
namespace {

struct Kind {
    const char* name;
    Pace pace;
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

bool FloodBudget::take(Flood kind, TimePoint now) noexcept {
    static_assert(kinds == kinds_of_floods.size());
    if (kind == Flood::window_updates && unanswered_ >= data_per_window_update) {
        unanswered_ -= data_per_window_update;
        return true;
    }
    const auto i = static_cast<std::size_t>(kind);
    return buckets_[i].take(kinds_of_floods[i].pace, now);
}

// However short a frame is, its stream and its connection may each get their window back: clients of gRPC say so for
// every message that they read.
void FloodBudget::data_sent(std::uint64_t bytes) noexcept {
    unanswered_ += std::max(bytes, 2 * data_per_window_update);
}

}  // namespace ferrotunnel::h2
