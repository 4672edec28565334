// The register of one member: which names its clients may have, and who has the others. Sans-IO.
//
//   sessions --claim, release--> Register --effects--> decisions, revocations, probes of own clients
//   links --connected, received--^     '--next()--> messages, as soon as a link has room
//
// Messages are pulled, one link at a time: next() tells the present state, so that nothing that is queued can be out of
// date, and a link that is slow costs no memory. Not thread-safe: its owner locks it around each call, and passes on
// effects and messages in the order in which calls returned them (queues filled under the same lock).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cluster/claim.hpp"
#include "cluster/claim_table.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

/// Chosen by the caller of Register::claim, never reused.
using ClaimId = std::uint64_t;
/// Chosen by the caller for each connection to a member, never reused: events of an earlier link are ignored.
using LinkId = std::uint64_t;

/// next(link) has a message again, after it had returned none.
struct LinkReady {
    MemberIndex member = 0;
    LinkId link = 0;
};
/// The answer to a claim: the client may have the name.
struct ClaimGranted {
    ClaimId claim = 0;
    Since since = 0;
    bool provisional = false;
};
/// `is_temporary`: the home cannot be reached or has just started; the client should try again.
struct ClaimRefused {
    ClaimId claim = 0;
    wire::Code code = wire::Code::none;
    bool is_temporary = false;
    std::string text;
};
/// The own clients of this owner must give the name up: the home has given it to another owner.
struct Revoked {
    Name name;
    Owner owner;
    Since since = 0;
    std::string text;
};
/// An own client is to be probed; the answer is passed to Register::probed.
struct ProbeClient {
    std::uint64_t probe = 0;
    Name name;
    Owner owner;
};
/// Which other members have the name has changed: ports may have to be opened or closed.
struct RoutesChanged {
    Name name;
};
/// The peer violates the protocol: the link is to be closed, with this reason for the log.
struct LinkRefused {
    MemberIndex member = 0;
    LinkId link = 0;
    std::string why;
};
using Effect = std::variant<LinkReady, ClaimGranted, ClaimRefused, Revoked, ProbeClient, RoutesChanged, LinkRefused>;
using Effects = std::vector<Effect>;

class Register {
public:
    struct Start {
        std::uint64_t incarnation = 0;  // random for each process
        std::uint64_t seed = 0;         // of hash tables
        TimePoint now{};
        std::uint64_t wall = 0;  // milliseconds since 1970 at `now`
    };
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
    /// here, and if no other member has it either, it stays reserved for its token for so long.
    Effects release(ClaimId claim, Duration reserved_for, TimePoint now);
    /// Tells the others, who prefer members that are ready.
    Effects set_readiness(const Name& name, Readiness readiness);
    Effects probed(std::uint64_t probe, bool answers, TimePoint now);

    // --- links ---

    /// For the first message of a link.
    Hello hello() const;
    /// The peer's hello: its link is up, and an earlier one is lost. An error, for people, if the peer is refused: it
    /// is not in the list, is this member itself, or its own list lacks this member.
    Result<Effects, std::string> connected(LinkId link, const Hello& hello, TimePoint now);
    Effects received(LinkId link, const Message& message, TimePoint now);
    Effects disconnected(LinkId link, TimePoint now);
    /// The next message to be sent over the link; none if there is nothing to say, or the link is not the present one.
    std::optional<Message> next(LinkId link, TimePoint now);

    // --- time ---

    TimePoint next_deadline() const noexcept;
    Effects tick(TimePoint now);

    // --- for visitors and for display ---

    /// Reachable members, other than this one, where the winning owner has exactly this name; the best readiness first.
    std::vector<MemberIndex> routes(const Name& name) const;
    /// Whether own clients have it.
    bool has(const Name& name) const;
    bool is_linked(MemberIndex member) const noexcept;
    /// Whether it decides as home.
    bool is_recovering() const noexcept;
    const ClaimTable& table() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::cluster
