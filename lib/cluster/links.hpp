// Present links to the other members, and what their hellos said.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cluster/effects.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

/// At most one link to each member. The own member counts as linked.
///
///   none --add()--> new --begin_sync()--> syncing --end_sync()--> synced
///   each of them --lose()--> none
class Links {
public:
    /// Members that have not been linked yet count as lost at `now`.
    Links(const Members& members, TimePoint now);

    /// The member that sent the hello, or why it is refused.
    Result<MemberIndex, std::string> check(const Hello& hello) const;
    void add(MemberIndex member, LinkId link, const Hello& hello);
    void lose(MemberIndex member, TimePoint now);
    /// Another member has this place now, and counts as lost at `now`.
    void begin_place(MemberIndex member, TimePoint now) { links_[member].lost_at = now; }
    /// False if the member does not follow the order of states.
    bool begin_sync(MemberIndex member) noexcept;
    bool end_sync(MemberIndex member) noexcept;

    /// The member whose present link this is.
    std::optional<MemberIndex> find(LinkId link) const noexcept;
    /// The present link; the member has one.
    LinkId link(MemberIndex member) const;
    bool is_linked(MemberIndex member) const noexcept;
    bool is_synced(MemberIndex member) const noexcept;
    /// It has not been linked for limits::unreachable_time.
    bool is_unreachable(MemberIndex member, TimePoint now) const noexcept;
    /// The member that decides about the name. None while a linked home's list has another one.
    std::optional<MemberIndex> home_of(const Name& name) const;
    /// Who is asked about names whose home by the list this is: the own member, if that one asks the store only. Then
    /// no member is linked that does not ask the store, which decides.
    MemberIndex home_in_place_of(MemberIndex home) const noexcept;
    /// Why the store cannot be asked, for people; empty: it can, or there is none.
    void set_store_problem(std::string problem) { store_problem_ = std::move(problem); }
    const std::string& store_problem() const noexcept { return store_problem_; }
    /// Whether the member can be asked as a home, and then the store, if there is one.
    bool is_deciding(MemberIndex home) const noexcept { return is_linked(home) && store_problem_.empty(); }
    /// As its hello said; none if it is not linked, or is the own member.
    std::optional<Decides> decides(MemberIndex member) const noexcept;
    /// What such a member has was not granted by a home, but by the store.
    bool has_member_without_homes() const noexcept;

private:
    enum class State : std::uint8_t { none, fresh, syncing, synced };
    struct Link {
        State state = State::none;
        LinkId id = 0;
        Decides decides = Decides::homes;
        TimePoint lost_at{};
        std::optional<Members> list;  // if it differs
    };

    const Members& members_;
    std::array<Link, limits::member_slots> links_;
    std::string store_problem_;
};

}  // namespace ferrotunnel::cluster
