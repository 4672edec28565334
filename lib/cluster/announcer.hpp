// Announcer: what one link is sent, as soon as it has room.
#pragma once

#include <optional>

#include "cluster/changes.hpp"
#include "cluster/context.hpp"
#include "cluster/hearsay.hpp"
#include "cluster/holdings.hpp"
#include "cluster/shared_values.hpp"

namespace ferrotunnel::cluster {

/// Changes of own claims come first, and requests, answers and probes last: so the peer knows what this member had when
/// it asked or answered.
///
///   begin --> own claims, by a cursor --> hearsay, if the peer recovers --> end --> done: requests, answers, probes,
///                                                                                   in turn with shared values
class Announcer {
public:
    /// `changes` of this member's link, which is new.
    Announcer(const Context& context, const Holdings& holdings, Changes::Names& changes, SharedValues& values,
              MemberIndex member, bool recovers) noexcept;

    std::optional<Message> next(TimePoint now);
    /// Whether next() is worth a call, after it had returned none, or before the first one. True only once.
    bool wake() noexcept;
    /// A step of the sync has found nothing, and the next one is due at once.
    bool is_paused() const noexcept { return is_paused_; }
    void resume() noexcept { is_paused_ = false; }

private:
    enum class Stage { begin, own, hearsay, end, done };

    std::optional<Message> next_change(TimePoint now);
    std::optional<Message> next_of_sync(TimePoint now);
    std::optional<Message> next_own();
    std::optional<Message> next_of_rest(TimePoint now);

    const Context& context_;
    const Holdings& holdings_;
    Changes::Names& changes_;
    SharedValues& values_;
    MemberIndex member_;
    Stage stage_ = Stage::begin;
    std::optional<Name> cursor_;  // the last own name that was sent
    std::optional<Hearsay> hearsay_;
    bool is_idle_ = true;
    bool is_paused_ = false;
    bool is_turn_of_values_ = false;
};

}  // namespace ferrotunnel::cluster
