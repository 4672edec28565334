// What other members say about their claims, entered into the table.
#pragma once

#include "cluster/conflicts.hpp"
#include "cluster/context.hpp"
#include "cluster/grants.hpp"
#include "cluster/recovery.hpp"

namespace ferrotunnel::cluster {

class Statements {
public:
    Statements(Context& context, Grants& grants, Recovery& recovery) noexcept
        : context_(context), conflicts_(context), grants_(grants), recovery_(recovery) {}

    Violation sync_begin(MemberIndex from);
    Violation sync_end(MemberIndex from, TimePoint now);
    Violation have(MemberIndex from, const Have& have, TimePoint now);
    void reserved(const Reserved& reserved, MemberIndex from, TimePoint now);
    void gone(MemberIndex from, const Gone& gone, TimePoint now);
    /// Ends all claims of a member that is not linked.
    void forget(MemberIndex member, TimePoint now);

private:
    Violation claimed(MemberIndex member, const Claim& claim, TimePoint now);
    void heard(MemberIndex from, const std::string& of, const Claim& claim, TimePoint now);
    void end_unrepeated(MemberIndex member, TimePoint now);

    Context& context_;
    Conflicts conflicts_;
    Grants& grants_;
    Recovery& recovery_;
};

}  // namespace ferrotunnel::cluster
