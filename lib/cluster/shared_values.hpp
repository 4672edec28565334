// Values that all members have: a map of texts, of whose changes the later one wins. Sans-IO.
//
//   set(), remove() --.                                    .--> ValueChanged
//   received() -------+--> entries, ordered by key ---------'
//   tick() -----------'            '-- and by change --cursor of each link--> next()
//
// What a link is sent follows from one number, its cursor in the order of changes at this member: a new link begins at
// the first, so it gets all values, and each key once, in its latest state. Values of other members are passed on,
// since their setter may have ended before all others had them; those that end within limits::brief_value_time are not.
//
// A change whose time is nearly a day ahead is early: some members would refuse it, so it enters the order of changes,
// and so is sent, when all of them accept it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/clock.hpp"
#include "cluster/context.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

class SharedValues {
public:
    /// A value, for readers.
    struct Present {
        const std::string& text;
        const std::string& member;  // that has set it
        TimePoint ends;             // `never`: it does not end by itself
    };

    explicit SharedValues(Context& context) noexcept : context_(context) {}

    // --- own changes ---

    /// Zero: no end. False, and nothing has changed: key or text is too long or not valid, or there is no room.
    bool set(const std::string& key, std::string text, Duration lifetime, TimePoint now);
    bool remove(const std::string& key, TimePoint now);
    /// A change of now by which `value.member`, which may be any, has again what it had set: its time is that of this
    /// change. Nothing happens if the text is the same, or none. False: as above.
    bool restore(const Value& value, TimePoint now);

    // --- links ---

    Violation received(MemberIndex from, const Value& value, TimePoint now);
    void link_up(MemberIndex member, std::uint64_t features);
    void link_lost(MemberIndex member) noexcept;
    /// A member that is not linked is not known any more.
    void member_forgotten(MemberIndex member);
    /// Perhaps next() has a message; certainly none if false.
    bool may_have_next(MemberIndex member) const noexcept;
    std::optional<Value> next(MemberIndex member, TimePoint now);

    // --- time ---

    TimePoint next_deadline() const noexcept;
    /// Ends at most limits::step_max values whose time is over, and announces as many that are not early any more.
    void tick(TimePoint now);

    // --- readers ---

    std::optional<Present> get(const std::string& key) const;
    /// The last change of the key, as a link would be sent it: also of a removed one. Empty: none is known.
    std::optional<Value> last_change(const std::string& key, TimePoint now) const;
    /// Calls `visit(key, Present)` for each value whose key begins so, in order.
    template <typename Visit>
    void for_each(std::string_view prefix, Visit visit) const {
        for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
            if (at->second.text) {
                visit(at->first, present(at->second));
            }
        }
    }
    /// With those that are kept as removed.
    std::size_t size() const noexcept { return entries_.size(); }

private:
    using MemberSet = std::uint64_t;  // a bit for each
    /// A change of a key. The order of changes is total, so that members that have heard of the same ones agree.
    struct Version {
        Since time = 0;
        std::string member;
    };
    struct Entry {
        Version version;
        std::optional<std::string> text;  // none: removed, or its lifetime is over
        TimePoint ends = never;           // of the value; or of being kept as removed
        std::uint64_t change = 0;         // its place in the order of changes here; 0: none yet
        TimePoint early_until{};          // while it is early
        std::size_t account = 0;
        MemberSet known_by = 0;    // members that have this version, as their present link has shown
        bool is_set_here = false;  // by this process
        bool is_brief = false;     // not passed on
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    struct Link {
        bool is_up = false;
        std::uint64_t cursor = 0;  // the last change that it was sent
    };
    /// What one member has set, or all that are not in the list (the last account).
    struct Account {
        std::size_t values = 0;
        std::size_t bytes = 0;
    };

    static MemberSet bit(MemberIndex member) noexcept { return MemberSet{1} << member; }
    static Present present(const Entry& entry) noexcept { return {*entry.text, entry.version.member, entry.ends}; }
    static bool is_later(const Value& value, const Entry& entry) noexcept;
    static bool is_same(const Value& value, const Entry& entry) noexcept;

    bool change_own(const std::string& key, std::optional<std::string> text, TimePoint ends, TimePoint now);
    Version next_version(const std::string& key, std::string member, TimePoint now) const;
    static Value value_of(const std::string& key, const Entry& entry, TimePoint now);
    void repeat_own(Entries::iterator at, Since over, TimePoint now);
    bool apply(const std::string& key, Entry entry, TimePoint now);
    bool make_room(std::size_t account, std::size_t bytes, const std::string& key);
    std::size_t account_of(const std::string& member) const noexcept;
    bool is_skipped(const Entry& entry, MemberIndex member) const noexcept;

    void enter_indices(Entries::iterator at);
    void leave_indices(Entries::iterator at) noexcept;
    void announce(Entries::iterator at, TimePoint now);
    void move_to_end(Entries::iterator at);
    void forget(Entries::iterator at) noexcept;
    void end(Entries::iterator at, TimePoint now);

    Context& context_;
    Entries entries_;
    std::map<std::uint64_t, Entries::iterator> changes_;                      // by Entry::change
    std::set<std::pair<TimePoint, std::string_view>> ends_;                   // that have an end
    std::set<std::tuple<std::size_t, TimePoint, std::string_view>> removed_;  // of each account, the oldest first
    std::set<std::pair<TimePoint, std::string_view>> early_;                  // by when they are sent
    std::array<Account, limits::member_slots + 1> accounts_{};
    std::array<Link, limits::member_slots> links_{};
    std::uint64_t last_change_ = 0;
};

}  // namespace ferrotunnel::cluster
