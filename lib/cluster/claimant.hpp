// Claimant: claims of own clients, from their request to their end.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "cluster/changes.hpp"
#include "cluster/context.hpp"
#include "cluster/holdings.hpp"
#include "cluster/provisional.hpp"
#include "cluster/requests.hpp"

namespace ferrotunnel::cluster {

/// A claim:
///
///   claim() --home linked--> waiting --home grants--> (at the store) --granted()--> held --release(), lost()--> ended
///      |                        |                           |  '--store_refused()--> refused
///      |                        |--refused(), late--> refused '--home's link lost, answered--.
///      |                        `--home's link lost--.                                       |
///      `--home not linked--> the table decides <-----'<--------------------------------------'
///                                 '--> refused, or held provisionally --confirmed by its home (and the store)--> held
///
/// With a store, StoreCheck passes a grant on when the store agrees, and keeps the request at the store until then: a
/// home whose link is lost meanwhile is asked again. An owner that has the name here already shares it at once.
class Claimant {
public:
    Claimant(Context& context, Changes& changes) noexcept : context_(context), changes_(changes) {}

    void claim(ClaimId claim, const Name& name, const Owner& owner, std::uint64_t terms, TimePoint now);
    void cancel(ClaimId claim, TimePoint now) { release(claim, Duration::zero(), now); }
    void release(ClaimId claim, Duration reserved_for, TimePoint now);
    void set_readiness(const Name& name, Readiness readiness);

    /// Of a grant that has arrived, before anything else is done with it.
    Violation fault_of(MemberIndex from, const Granted& granted, TimePoint now);
    /// The question to the store that follows a grant, and the request is at the store; none if nobody waits any more.
    std::optional<StoreClaim> pass_to_store(const Granted& granted, TimePoint now);
    void granted(MemberIndex from, const Granted& granted, TimePoint now);
    /// The home has granted what the store refuses: that is given back.
    void store_refused(MemberIndex home, const Granted& granted, Refused why, TimePoint now);
    /// The link to the home of a request at the store was lost. Until when the name was reserved for the owner's token.
    TimePoint store_answered_late(RequestId request, TimePoint now);
    /// The request is at the store. Null: it is not.
    const Requests::Request* at_store(const Name& name, const Owner& owner);
    bool holds(const Name& name, const Owner& owner) const { return held(name, owner) != nullptr; }
    void refused(MemberIndex from, const Refused& refused, TimePoint now);
    void lost(MemberIndex from, const Lost& lost, TimePoint now);

    /// The store has lost what this member had there: it is asked again about all names.
    void store_lost();
    /// Asks homes that are linked about provisional claims, as many as may wait at a time.
    void confirm(TimePoint now);
    void link_lost(MemberIndex home, TimePoint now);

    TimePoint next_deadline() const noexcept;
    void tick(TimePoint now);

    /// Requests without an answer, and provisional claims that are to be confirmed.
    std::size_t waiting() const noexcept { return requests_.size() + provisional_.size(); }
    const Holdings& holdings() const noexcept { return holdings_; }

private:
    using Request = Requests::Request;
    struct Place {
        Name name;
        Owner owner;
    };

    MemberIndex own() const noexcept { return context_.members.own(); }
    const Claim* held(const Name& name, const Owner& owner) const;
    void share(ClaimId claim, const Name& name, std::uint64_t terms);
    void join(Request& request, ClaimId claim, std::uint64_t terms, TimePoint now);
    void ask(Request request, TimePoint now);
    void send(Request request, TimePoint now);
    void ask_again(const Request& request, TimePoint now);
    void decide_alone(const Request& request, TimePoint now);
    std::optional<Claim> provisional_claim(const Request& request, TimePoint now) const;
    bool hold(const Claim& claim, const std::vector<ClaimId>& claims, TimePoint now);
    void give_back(const Claim& granted, TimePoint now);
    void refuse(const std::vector<ClaimId>& claims, const Refused& why);
    void cancel_at_home(Request& request);
    bool can_confirm(MemberIndex home) const noexcept;
    void confirm_next(const Name& name, MemberIndex home, TimePoint now);
    void end(const Name& name, TimePoint reserved_until, TimePoint now);
    void revoke(const Name& name, const std::string& why, TimePoint now);
    void remove_entry(const Claim& ended, TimePoint reserved_until, TimePoint now);

    Context& context_;
    Changes& changes_;
    Holdings holdings_;
    Requests requests_;
    Provisional provisional_;
    std::unordered_map<ClaimId, Place> places_;  // of all claims that have not been refused, cancelled or released
};

}  // namespace ferrotunnel::cluster
