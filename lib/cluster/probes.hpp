// Probes that a home has sent: one for each member and owner, shared by all contests that wait for it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "cluster/limits.hpp"
#include "cluster/mail.hpp"

namespace ferrotunnel::cluster {

/// The member that asked, and its request.
using Asker = std::pair<MemberIndex, RequestId>;

class Probes {
public:
    struct Finished {
        MemberIndex member = 0;
        Owner owner;
        Name name;  // that was asked about
        std::set<Asker> askers;
    };

    explicit Probes(Mail& mail) noexcept : mail_(mail) {}

    /// Probes the owner's client at the member, or joins the probe on its way. False if there are limits::probes_max.
    bool ask(MemberIndex member, const Owner& owner, const Name& name, const Asker& asker, TimePoint now);
    void withdraw(MemberIndex member, const Owner& owner, const Asker& asker);
    /// An answer has arrived; nothing if it is too late.
    std::optional<Finished> answered(MemberIndex member, RequestId id);
    /// The next probe without an answer in time.
    std::optional<Finished> due(TimePoint now);
    std::optional<Finished> link_lost(MemberIndex member);

    std::size_t size() const noexcept { return probes_.size(); }
    TimePoint next_deadline() const noexcept { return probes_.empty() ? never : probes_.begin()->second.deadline; }

private:
    struct Probe {
        Finished part;
        TimePoint deadline{};
    };
    using Probing = std::map<RequestId, Probe>;  // in the order of deadlines, since all have the same time

    Finished take(Probing::iterator probe);

    Mail& mail_;
    Probing probes_;
    std::map<std::pair<MemberIndex, Owner>, RequestId> ids_;
    std::array<std::size_t, limits::members_max> unanswered_{};  // with those that are too late
    RequestId last_ = 0;
};

}  // namespace ferrotunnel::cluster
