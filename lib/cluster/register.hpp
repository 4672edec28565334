// The register of one member: which names its clients may have, and who has the others. Sans-IO.
//
//   sessions --claim, release--> Register --effects--> decisions, revocations, probes of own clients
//   links ------connected, received, disconnected-^  '--> messages to members
//
// It is the interface behind which another store can stand (etcd). Not thread-safe: its owner locks it, and carries out
// effects after unlocking, in their order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "cluster/claim.hpp"
#include "cluster/claim_table.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

/// Chosen by the caller of Register::claim, never reused.
using ClaimId = std::uint64_t;

/// To be sent to a member, over the link that is connected now.
struct Send {
    MemberIndex to = 0;
    Message message;
};
/// The answer to a claim: the client may have the name.
struct ClaimGranted {
    ClaimId claim = 0;
    Since since = 0;
};
/// `is_temporary`: the home cannot be reached or has just started; the client should try again.
struct ClaimRefused {
    ClaimId claim = 0;
    wire::Code code = wire::Code::none;
    std::string text;
    bool is_temporary = false;
};
/// An own client must give the name up: an older claim, or the home, gave it to another owner.
struct Revoked {
    Name name;
    Owner owner;
    std::string text;
};
/// An own client is to be probed; the answer is passed to Register::probed.
struct ProbeClient {
    std::uint64_t probe = 0;
    Name name;
    Owner owner;
};
/// Which members other than this one have the name has changed: ports may have to be opened or closed.
struct RoutesChanged {
    Name name;
};
using Effect = std::variant<Send, ClaimGranted, ClaimRefused, Revoked, ProbeClient, RoutesChanged>;
using Effects = std::vector<Effect>;

class Register {
public:
    /// `incarnation`: random for each process. `wall`: milliseconds since 1970 at `now`.
    Register(std::shared_ptr<const Members> members, std::uint64_t incarnation, TimePoint now, std::uint64_t wall);
    ~Register();
    Register(const Register&) = delete;
    Register& operator=(const Register&) = delete;

    // --- own clients ---

    /// A client of this member wants the name: answered once, perhaps at once, by ClaimGranted or ClaimRefused.
    Effects claim(ClaimId claim, const Name& name, const Owner& owner, TimePoint now);
    /// The asker has ended: no answer follows, and what is granted later is released.
    Effects cancel(ClaimId claim, TimePoint now);
    /// The client gives the name up; it stays reserved for its token for so long.
    Effects release(const Name& name, const Owner& owner, Duration reserved_for, TimePoint now);
    Effects probed(std::uint64_t probe, bool answers, TimePoint now);

    // --- links ---

    /// The messages' first, for a new link. Both ends send theirs at once.
    Hello hello() const;
    /// The peer's hello was accepted: its link is up. A link that was up before counts as lost.
    Effects connected(MemberIndex member, const Hello& hello, TimePoint now);
    Effects received(MemberIndex member, const Message& message, TimePoint now);
    Effects disconnected(MemberIndex member, TimePoint now);

    // --- time ---

    TimePoint next_deadline() const noexcept;
    Effects tick(TimePoint now);

    // --- for visitors ---

    /// Reachable members, other than this one, that have exactly this name.
    std::vector<MemberIndex> routes(const Name& name) const;
    bool has(const Name& name) const;
    const ClaimTable& table() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::cluster
