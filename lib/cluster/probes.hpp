// Probes that a home has sent: one for each member and owner, shared by all contests that wait for it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "cluster/limits.hpp"
#include "cluster/mail.hpp"

namespace ferrotunnel::cluster {

/// The member that asked, and its request.
using Asker = std::pair<MemberIndex, RequestId>;

/// A probe ends with its answer or with the link. It has no deadline here: the member answers for a client that is
/// silent (limits::probe_time), and a link that is slow says nothing about the client. Askers have a deadline.
class Probes {
public:
    struct Probe {
        MemberIndex member = 0;
        Owner owner;
        Name name;    // that was asked about
        Since since;  // of the claim that the owner had there; 0: it has ended, and a later one was granted
        std::set<Asker> askers;
    };

    explicit Probes(Mail& mail) noexcept : mail_(mail) {}

    /// Probes the client of a claim's owner at the member, or joins the probe on its way. False if there are
    /// limits::probes_max.
    bool ask(MemberIndex member, const Claim& claim, const Asker& asker);
    void withdraw(MemberIndex member, const Owner& owner, const Asker& asker);
    /// The owner is granted the name there again, perhaps since the same moment, if it has it elsewhere: an answer on
    /// its way is about the claim before.
    void granted_again(MemberIndex member, const Name& name, const Owner& owner);
    /// Ends the probe that the member has answered; nothing if there is none.
    std::optional<Probe> answered(MemberIndex member, RequestId id);
    /// Ends one of the member's probes.
    std::optional<Probe> link_lost(MemberIndex member);

    std::size_t size() const noexcept { return probes_.size(); }

private:
    using Probing = std::map<RequestId, Probe>;

    Probe take(Probing::iterator probe);

    Mail& mail_;
    Probing probes_;
    std::map<std::pair<MemberIndex, Owner>, RequestId> ids_;
    std::array<std::size_t, limits::member_slots> counts_{};
    RequestId last_ = 0;
};

}  // namespace ferrotunnel::cluster
