#include "cluster/links.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "cluster/mutant.hpp"

namespace ferrotunnel::cluster {

Links::Links(const Members& members, TimePoint now)
    : members_(members), store_problem_(members.has_store() ? "it has not answered yet" : "") {
    for (Link& link : links_) {
        link.lost_at = now;
    }
}

Result<MemberIndex, std::string> Links::check(const Hello& hello) const {
    const std::optional<MemberIndex> member = members_.find(hello.member);
    if (member == members_.own()) {
        return "the other end has this server's own name, " + hello.member;
    }
    const Decides decides = feature::decides(hello.features);
    if (decides != members_.decides() && decides != Decides::both && members_.decides() != Decides::both) {
        return "the member " + hello.member + (by_store(decides) ? " uses" : " does not use") +
               " etcd (`cluster.etcd`), unlike this server; to change that, all members need `etcd_homes` meanwhile";
    }
    if (!member) {
        return "the member " + hello.member + " is not in this server's list of members";
    }
    const std::string& own = members_.name(members_.own());
    if (by_homes(decides) && members_.has_homes() &&
        std::find(hello.members.begin(), hello.members.end(), own) == hello.members.end()) {
        return "this server, " + own + ", is not in the list of the member " + hello.member;
    }
    return *member;
}

void Links::add(MemberIndex member, LinkId link, const Hello& hello) {
    Link& added = links_[member];
    added.state = State::fresh;
    added.id = link;
    added.decides = feature::decides(hello.features);
    added.list.reset();
    if (by_homes(added.decides) && members_.has_homes() && hello.members != members_.names()) {
        added.list.emplace(hello.members, hello.member);
    }
}

void Links::lose(MemberIndex member, TimePoint now) {
    links_[member].state = State::none;
    links_[member].lost_at = now;
    links_[member].list.reset();
}

bool Links::begin_sync(MemberIndex member) noexcept {
    const bool is_expected = links_[member].state == State::fresh;
    if (is_expected) {
        links_[member].state = State::syncing;
    }
    return is_expected;
}

bool Links::end_sync(MemberIndex member) noexcept {
    const bool is_expected = links_[member].state == State::syncing;
    if (is_expected) {
        links_[member].state = State::synced;
    }
    return is_expected;
}

std::optional<MemberIndex> Links::find(LinkId link) const noexcept {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (links_[i].state != State::none && links_[i].id == link) {
            return static_cast<MemberIndex>(i);
        }
    }
    return std::nullopt;
}

LinkId Links::link(MemberIndex member) const {
    ferrotunnel::check(links_[member].state != State::none, "the member is linked");
    return links_[member].id;
}

bool Links::is_linked(MemberIndex member) const noexcept {
    return member == members_.own() || links_[member].state != State::none;
}

bool Links::is_synced(MemberIndex member) const noexcept {
    return links_[member].state == State::synced;
}

bool Links::is_unreachable(MemberIndex member, TimePoint now) const noexcept {
    return !is_linked(member) && now - links_[member].lost_at >= limits::unreachable_time;
}

std::optional<MemberIndex> Links::home_of(const Name& name) const {
    if (mutant(Mutant::two_homes)) {
        return members_.own();
    }
    const MemberIndex home = members_.home_of(name);
    for (const Link& link : links_) {
        if (link.list && link.list->name(link.list->home_of(name)) != members_.name(home)) {
            return std::nullopt;
        }
    }
    return home_in_place_of(home);
}

MemberIndex Links::home_in_place_of(MemberIndex home) const noexcept {
    return decides(home) == Decides::store ? members_.own() : home;
}

std::optional<Decides> Links::decides(MemberIndex member) const noexcept {
    return links_[member].state == State::none ? std::nullopt : std::optional(links_[member].decides);
}

bool Links::has_member_without_homes() const noexcept {
    return std::any_of(links_.begin(), links_.end(),
                       [](const Link& link) { return link.state != State::none && link.decides == Decides::store; });
}

}  // namespace ferrotunnel::cluster
