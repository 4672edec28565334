// Random operations on a ClaimTable, compared with lists that are searched.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "cluster/claim_table.hpp"
#include "cluster/limits.hpp"
#include "support/seeded_random.hpp"
#include "unit/cluster/table_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using namespace ferrotunnel::cluster::test;
using namespace std::chrono_literals;

namespace {

constexpr MemberIndex model_members = 4;

struct TableModel {
    struct Held {
        Claim claim;
        MemberIndex member = 0;
        bool is_repeated = false;

        ClaimTable::Entry entry() const { return {member, claim.owner, claim.since}; }
    };

    Held* find(MemberIndex member, const Name& name) {
        const auto found = std::find_if(
            held.begin(), held.end(), [&](const Held& one) { return one.member == member && one.claim.name == name; });
        return found == held.end() ? nullptr : &*found;
    }
    std::vector<ClaimTable::Entry> entries(const Name& name) const {
        std::vector<ClaimTable::Entry> found;
        for (const Held& one : held) {
            if (one.claim.name == name) {
                found.push_back(one.entry());
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    ClaimTable::Added add(MemberIndex member, const Claim& claim) {
        latest = std::max(latest, claim.since);
        reserved.erase(claim.name);
        Held* found = find(member, claim.name);
        if (found == nullptr) {
            held.push_back({claim, member, true});
            return ClaimTable::Added::added;
        }
        const bool is_known = found->claim.owner == claim.owner && found->claim.since == claim.since;
        *found = {claim, member, true};
        return is_known ? ClaimTable::Added::known : ClaimTable::Added::changed;
    }

    bool reserve(const Reservation& reservation, TimePoint now) {
        const TimePoint until = std::min(reservation.until, now + cluster::limits::reservation_max);
        if (!entries(reservation.name).empty() || until <= now) {
            return false;
        }
        const auto found = reserved.find(reservation.name);
        if (found == reserved.end() || found->second.until <= now) {
            reserved.insert_or_assign(reservation.name, Reservation{reservation.name, reservation.token, until});
            return true;
        }
        if (found->second.token != reservation.token) {
            return false;
        }
        found->second.until = std::max(found->second.until, until);
        return true;
    }

    bool remove(MemberIndex member, const Name& name, TimePoint until, TimePoint now) {
        const Held* found = find(member, name);
        if (found == nullptr) {
            return false;
        }
        const wire::TokenId token = found->claim.owner.token;
        held.erase(held.begin() + (found - held.data()));
        reserve({name, token, until}, now);
        return true;
    }

    std::set<Name> drop(MemberIndex member, bool with_repeated) {
        std::set<Name> names;
        held.erase(std::remove_if(held.begin(), held.end(),
                                  [&](const Held& one) {
                                      const bool ends = one.member == member && (with_repeated || !one.is_repeated);
                                      if (ends) {
                                          names.insert(one.claim.name);
                                      }
                                      return ends;
                                  }),
                   held.end());
        return names;
    }

    std::optional<wire::TokenId> token_of_root(const Name& name, TimePoint now) const {
        const Held* oldest = nullptr;
        const auto key = [](const Held& one) { return std::tie(one.claim.since, one.member, one.claim.name); };
        for (const Held& one : held) {
            if (one.claim.name.root() == name.root() && (oldest == nullptr || key(one) < key(*oldest))) {
                oldest = &one;
            }
        }
        if (oldest != nullptr) {
            return oldest->claim.owner.token;
        }
        const Reservation* last = nullptr;
        for (const auto& [reserved_name, one] : reserved) {  // in the order of names, the smallest of equals
            if (reserved_name.root() == name.root() && one.until > now &&
                (last == nullptr || one.until > last->until)) {
                last = &one;
            }
        }
        return last == nullptr ? std::nullopt : std::optional(last->token);
    }

    std::vector<Held> held;
    std::map<Name, Reservation> reserved;
    std::array<bool, model_members> is_syncing{};
    Since latest = 0;
};

// A table and its model, to which the same is done.
class TableAndModel {
public:
    explicit TableAndModel(std::uint64_t seed) : random_(seed), table_(model_members, seed) {
        for (std::uint64_t path = 0; path < 4; ++path) {
            names_.push_back(path_of("a.example", path));
            names_.push_back(path_of("b.example", path));
            names_.push_back(Name::of_port(static_cast<std::uint16_t>(path + 1), path % 2 == 0));
            names_.push_back(Name::of_service(token_of(path % 2), "database"));
        }
    }

    void step() {
        const auto member = static_cast<MemberIndex>(random_.below(model_members));
        const Name& name = names_[random_.below(names_.size())];
        now_ += std::chrono::seconds(random_.below(3));
        const TimePoint until = now_ + std::chrono::seconds(random_.below(20));
        const std::uint64_t what = random_.below(100);
        if (what < 50) {
            const Claim claim{name, owner_of(random_.below(3), random_.below(2)), random_.below(50)};
            REQUIRE(table_.add(member, claim) == model_.add(member, claim));
        } else if (what < 80) {
            REQUIRE(table_.remove(member, name, until, now_) == model_.remove(member, name, until, now_));
        } else if (what < 90) {
            const Reservation reservation{name, token_of(random_.below(3)), until};
            REQUIRE(table_.reserve(member, reservation, now_) == model_.reserve(reservation, now_));
        } else if (what < 94) {
            begin_sync(member);
        } else if (what < 98) {
            end_sync(member);
        } else if (what < 99) {
            table_.expire(now_, random_.below(4));
        } else {
            forget(member);
        }
    }

    void compare() const {
        for (const Name& name : names_) {
            REQUIRE(table_.entries(name) == model_.entries(name));
            REQUIRE(table_.token_of_root(name, now_) == model_.token_of_root(name, now_));
            const auto reserved = model_.reserved.find(name);
            const auto found = table_.reservation(name, now_);
            REQUIRE(found.has_value() == (reserved != model_.reserved.end() && reserved->second.until > now_));
            if (found) {
                REQUIRE(found->token == reserved->second.token);
                REQUIRE(found->until == reserved->second.until);
            }
        }
        compare_members();
        std::size_t reserved = 0;
        table_.for_each_reservation(now_, [&](const Reservation& one) {
            ++reserved;
            REQUIRE(model_.reserved.at(one.name).until == one.until);
        });
        REQUIRE(reserved ==
                static_cast<std::size_t>(std::count_if(model_.reserved.begin(), model_.reserved.end(),
                                                       [&](const auto& one) { return one.second.until > now_; })));
        REQUIRE(table_.latest() == model_.latest);
    }

private:
    void begin_sync(MemberIndex member) {
        table_.begin_sync(member);
        model_.is_syncing[member] = true;
        for (TableModel::Held& one : model_.held) {
            one.is_repeated &= one.member != member;
        }
    }

    void end_sync(MemberIndex member) {
        const std::vector<Name> ended = table_.end_sync(member);
        const bool is_syncing = std::exchange(model_.is_syncing[member], false);
        REQUIRE(std::set<Name>(ended.begin(), ended.end()) ==
                (is_syncing ? model_.drop(member, false) : std::set<Name>()));
    }

    void forget(MemberIndex member) {
        const std::vector<Name> ended = table_.forget(member);
        model_.is_syncing[member] = false;
        REQUIRE(std::set<Name>(ended.begin(), ended.end()) == model_.drop(member, true));
    }

    void compare_members() const {
        for (MemberIndex member = 0; member < model_members; ++member) {
            std::set<std::tuple<Name, Owner, Since>> listed;
            table_.for_each(member, [&](const Claim& one) { listed.emplace(one.name, one.owner, one.since); });
            std::set<std::tuple<Name, Owner, Since>> expected;
            for (const TableModel::Held& one : model_.held) {
                if (one.member == member) {
                    expected.emplace(one.claim.name, one.claim.owner, one.claim.since);
                }
            }
            REQUIRE(listed == expected);
            REQUIRE(table_.size(member) == expected.size());
        }
    }

    ferrotunnel::test::SeededRandom random_;
    ClaimTable table_;
    TableModel model_;
    std::vector<Name> names_;
    TimePoint now_ = table_start;
};

}  // namespace

TEST_CASE("cluster table: the same as a simple model after each of many random operations") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        TableAndModel both(seed);
        for (int step = 0; step < 500; ++step) {
            CAPTURE(step);
            both.step();
            both.compare();
        }
    }
}
