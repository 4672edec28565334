// The register of one member: which names its clients may have, and who has the others. Sans-IO.
//
//   sessions --claim, release--> Register --effects--> decisions, revocations, probes of own clients
//   links --connected, received--^     '--next()--> messages, as soon as a link has room
//
// Messages are pulled, one link at a time: next() tells the present state, so that nothing that is queued can be out of
// date, and a link that is slow costs no memory. Not thread-safe: its owner locks it around each call, and passes on
// effects and messages in the order in which calls returned them (queues filled under the same lock).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cluster/claim.hpp"
#include "cluster/claim_table.hpp"
#include "cluster/effects.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"
#include "cluster/shared_values.hpp"
#include "cluster/store_answer.hpp"

namespace ferrotunnel::cluster {

class Register {
public:
    struct Start {
        std::uint64_t incarnation = 0;  // random for each process
        std::uint64_t seed = 0;         // of hash tables
        TimePoint now{};
        std::uint64_t wall = 0;  // milliseconds since 1970 at `now`
    };
    /// Begins with a copy of `members`.
    Register(std::shared_ptr<const Members> members, const Start& start);
    ~Register();
    Register(const Register&) = delete;
    Register& operator=(const Register&) = delete;

    // --- own clients ---

    /// A client of this member wants the name: answered once, perhaps at once, by ClaimGranted or ClaimRefused. Several
    /// claims of one owner share the name; each is released for itself.
    Effects claim(ClaimId claim, const Name& name, const Owner& owner, std::uint64_t terms, TimePoint now);
    /// The asker has ended before the answer: none follows, and what the home grants later is given back.
    Effects cancel(ClaimId claim, TimePoint now);
    /// Gives up what was granted to this claim. With the owner's last claim of the name at this member, it is gone
    /// here, and if no other member has it either, it stays reserved for its token for so long. Of a claim that was
    /// revoked, only its number is forgotten.
    Effects release(ClaimId claim, Duration reserved_for, TimePoint now);
    /// Tells the others, who prefer members that are ready.
    Effects set_readiness(const Name& name, Readiness readiness);
    Effects probed(std::uint64_t probe, bool answers, TimePoint now);

    // --- shared values ---

    /// SharedValues::set() and remove(). Empty: it was refused.
    std::optional<Effects> set_value(const std::string& key, std::string text, Duration lifetime, TimePoint now);
    std::optional<Effects> remove_value(const std::string& key, TimePoint now);
    /// SharedValues::restore().
    std::optional<Effects> restore_value(const Value& value, TimePoint now);
    /// A change that was kept outside of all members: counts like one that a link has brought. One whose time is more
    /// than a day ahead changes nothing.
    Effects hear_value(const Value& value, TimePoint now);
    const SharedValues& values() const noexcept;

    // --- links ---

    /// For the first message of a link, without `agent`.
    Hello hello() const;
    /// The peer's hello: its link is up, and an earlier one is lost. An error, for people, if the peer is refused: it
    /// is not in the list, is this member itself, or its own list lacks this member.
    Result<Effects, std::string> connected(LinkId link, const Hello& hello, TimePoint now);
    Effects received(LinkId link, const Message& message, TimePoint now);
    Effects disconnected(LinkId link, TimePoint now);
    /// The next message to be sent over the link; none if there is nothing to send, or the link is not the present one.
    /// Then LinkReady follows when there is. Can change next_deadline().
    std::optional<Message> next(LinkId link, TimePoint now);
    // --- members, if Members::is_open() ---

    /// Makes a member known, if it is not: it may be linked. Empty: there are limits::member_slots, or the name is not
    /// valid.
    std::optional<MemberIndex> add_member(std::string_view name, TimePoint now);
    /// Forgets a member that was added and is not linked, so that its place is free; its claims end as by forget().
    /// Empty: it is of the list, or linked.
    std::optional<Effects> remove_member(MemberIndex member, TimePoint now);
    /// All members that the store has were added, for the first time: when they have reported, the recovery is over.
    Effects members_found(TimePoint now);
    const Members& members() const noexcept;

    /// Ends the claims of a member that is not linked, as if it had been linked again without them: their names stay
    /// reserved. An error, for people, if it is linked.
    Result<Effects, std::string> forget(MemberIndex member, TimePoint now);

    // --- the store, if Members::has_store() ---

    /// To StoreClaim, once.
    Effects store_answered(std::uint64_t request, const StoreAnswer& answer, TimePoint now);
    /// Why the store cannot be asked, for people; empty: it can. At first it cannot. Meanwhile claims are granted
    /// provisionally, as without a home, or refused for now.
    Effects set_store_problem(std::string problem, TimePoint now);
    /// The store has lost what this member had there, so that all names are claimed again (with homes, at both).
    Effects store_lost(TimePoint now);
    const std::string& store_problem() const noexcept;

    // --- time ---

    TimePoint next_deadline() const noexcept;
    Effects tick(TimePoint now);

    // --- for visitors and for display ---

    /// Other members where the winning owner has exactly this name, the best readiness first. Only claims count that
    /// were confirmed on the present link to their member, or are own: an owner that cannot be reached does not win.
    std::vector<MemberIndex> routes(const Name& name) const;
    /// Whether own clients have it.
    bool has(const Name& name) const;
    bool is_linked(MemberIndex member) const noexcept;
    /// What the member asks about names, as its hello says; none if it is not linked.
    std::optional<Decides> decides(MemberIndex member) const noexcept;
    /// Whether it refuses, as home, what it has not heard of since its start.
    bool is_recovering() const noexcept;
    /// What waits for an answer or for a link: own claims without an answer or confirmation, requests that this home
    /// works on, probes, and messages.
    std::size_t waiting() const noexcept;
    const ClaimTable& table() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::cluster
