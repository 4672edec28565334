// Home: decides who gets the names whose home this member is.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "cluster/context.hpp"
#include "cluster/grants.hpp"
#include "cluster/probes.hpp"
#include "cluster/recovery.hpp"

namespace ferrotunnel::cluster {

/// Each request is answered once, by Granted or Refused, unless its link is lost. A name that another client of the
/// same token has is contested: the client is probed at each member that has it, and then decided about again.
///
///   request() --> granted, refused
///       |             ^-------.
///       `--> contested --all probes answered--'
///
/// Without homes only this member asks its own one, which knows what linked members have; what it grants is granted
/// when the store agrees, which knows what all have (StoreCheck).
class Home {
public:
    Home(Context& context, const Recovery& recovery) noexcept
        : context_(context), recovery_(recovery), probes_(context.mail) {}

    Violation request(MemberIndex from, const ClaimRequest& request, TimePoint now);
    void cancel(MemberIndex from, const Cancel& cancel);
    void probed(MemberIndex from, const Probed& probed, TimePoint now);
    /// An answer to the member has left, so it may ask for more.
    void answer_sent(MemberIndex to) noexcept { --open_[to]; }
    void link_lost(MemberIndex member, TimePoint now);

    std::size_t waiting() const noexcept { return contests_.size() + probes_.size(); }
    Grants& grants() noexcept { return grants_; }

private:
    using MemberSet = std::bitset<limits::member_slots>;
    struct Contest {
        ClaimRequest request;
        Owner rival;
        MemberSet probed;  // members whose answer is awaited
        MemberSet silent;  // where the rival does not answer
    };
    using Contests = std::map<Asker, Contest>;
    enum class Outcome { answers, silent, unknown };

    void decide(MemberIndex from, const ClaimRequest& request, const Owner& rival, MemberSet silent, TimePoint now);
    std::optional<Claim> held_by_store(MemberIndex from, const ClaimRequest& request) const;
    void start(MemberIndex from, const Contest& contest);
    void finish(const Probes::Probe& probe, Outcome outcome, TimePoint now);
    ClaimRequest take(Contests::iterator contest);
    void grant(MemberIndex from, const ClaimRequest& request, Since since, Since over);
    void refuse(MemberIndex to, const ClaimRequest& request, Refused why);
    void end_others(MemberIndex asker, const std::vector<ClaimTable::Entry>& entries, const Owner& owner);

    Context& context_;
    const Recovery& recovery_;
    Probes probes_;
    Grants grants_;
    Contests contests_;
    std::map<std::pair<MemberIndex, wire::TokenId>, std::size_t> contests_of_token_;
    std::array<std::size_t, limits::member_slots> open_{};  // requests whose answers have not left
};

}  // namespace ferrotunnel::cluster
