// Probes of own clients, for homes that have asked whether they answer.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "cluster/claimant.hpp"
#include "cluster/context.hpp"

namespace ferrotunnel::cluster {

class ProbedClients {
public:
    ProbedClients(Context& context, Claimant& claimant) noexcept : context_(context), claimant_(claimant) {}

    Violation probe(MemberIndex from, const Probe& probe, TimePoint now);
    /// What the client's session says; nothing happens if it is too late.
    void answered(std::uint64_t id, bool answers);
    /// An answer has left, so the home may send more probes.
    void answer_sent(MemberIndex to) noexcept { --open_[to]; }
    void link_lost(MemberIndex home);

    TimePoint next_deadline() const noexcept { return probes_.empty() ? never : probes_.begin()->second.deadline; }
    /// Answers for clients whose sessions have said nothing.
    void tick(TimePoint now);

private:
    struct Asked {
        MemberIndex home = 0;
        RequestId request = 0;
        TimePoint deadline{};
    };

    Context& context_;
    Claimant& claimant_;
    std::map<std::uint64_t, Asked> probes_;                 // in the order of deadlines, since all have the same time
    std::array<std::size_t, limits::member_slots> open_{};  // probes whose answers have not left
    std::uint64_t last_ = 0;
};

}  // namespace ferrotunnel::cluster
