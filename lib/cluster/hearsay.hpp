// Hearsay for a home that recovers: what other members have of its names, and which of them are reserved.
#pragma once

#include <cstddef>
#include <optional>

#include "cluster/context.hpp"

namespace ferrotunnel::cluster {

/// It goes through the whole table, of which a part is the home's, in steps that are short enough for a lock.
class Hearsay {
public:
    Hearsay(const Context& context, MemberIndex home) noexcept : context_(context), home_(home) {}

    bool is_done() const noexcept { return stage_ == Stage::done; }
    /// None at the end, and where a step has found nothing.
    std::optional<Message> next(TimePoint now);

private:
    enum class Stage { claims, reservations, done };

    std::optional<Message> next_claims();
    std::optional<Message> next_reservations(TimePoint now);
    bool is_asked(const Name& name) const { return context_.members.home_of(name) == home_; }

    const Context& context_;
    MemberIndex home_;
    Stage stage_ = Stage::claims;
    std::size_t position_ = 0;
};

}  // namespace ferrotunnel::cluster
