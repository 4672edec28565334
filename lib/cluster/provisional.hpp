// Own provisional claims that their homes have still to be asked about.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>

#include "base/clock.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/name.hpp"

namespace ferrotunnel::cluster {

/// For each home, names to be asked about when it is linked, and names that it could not decide about, which wait for
/// limits::ask_again_time.
class Provisional {
public:
    void add(MemberIndex home, const Name& name) { homes_[home].ready.insert(name); }
    void defer(MemberIndex home, const Name& name, TimePoint now) {
        Home& at = homes_[home];
        at.deferred.insert(name);
        at.again = at.again == never ? now + limits::ask_again_time : at.again;
    }
    void remove(MemberIndex home, const Name& name) {
        homes_[home].ready.erase(name);
        homes_[home].deferred.erase(name);
    }
    std::optional<Name> take(MemberIndex home, TimePoint now) {
        Home& at = homes_[home];
        if (now >= at.again) {
            at.ready.merge(at.deferred);
            at.again = never;
        }
        return at.ready.empty() ? std::nullopt : std::optional(std::move(at.ready.extract(at.ready.begin()).value()));
    }
    std::size_t size() const noexcept {
        std::size_t size = 0;
        for (const Home& home : homes_) {
            size += home.ready.size() + home.deferred.size();
        }
        return size;
    }
    /// When deferred names can be taken.
    TimePoint again(MemberIndex home) const noexcept { return homes_[home].again; }

private:
    struct Home {
        std::set<Name> ready;
        std::set<Name> deferred;
        TimePoint again = never;
    };

    std::array<Home, limits::member_slots> homes_;
};

}  // namespace ferrotunnel::cluster
