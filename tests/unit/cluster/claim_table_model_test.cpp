// Random operations on a ClaimTable, compared with lists that are searched.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "cluster/claim_table.hpp"
#include "cluster/limits.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"
#include "unit/cluster/table_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;

namespace {

constexpr MemberIndex model_members = 4;

struct TableModel {
    struct Held : ClaimTable::Entry {
        bool is_repeated = true;
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
                found.push_back(one);
            }
        }
        std::sort(found.begin(), found.end(),
                  [](const auto& one, const auto& other) { return one.member < other.member; });
        return found;
    }

    ClaimTable::Added add(MemberIndex member, const Claim& claim, bool routes) {
        latest = std::max(latest, claim.since);
        reserved.erase(claim.name);
        Held* found = find(member, claim.name);
        if (found == nullptr) {
            held.push_back({{claim, member, routes}});
            return ClaimTable::Added::added;
        }
        const bool is_same = found->claim == claim && found->routes == routes;
        *found = {{claim, member, routes}};
        return is_same ? ClaimTable::Added::same : ClaimTable::Added::changed;
    }

    bool add_hearsay(MemberIndex member, const Claim& claim) {
        if (find(member, claim.name) != nullptr) {
            return false;
        }
        add(member, claim, false);
        held.back().is_repeated = false;
        return true;
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
        const auto key = [](const Held& one) {
            return std::tie(one.claim.provisional, one.claim.since, one.member, one.claim.name);
        };
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
            names_.push_back(table_path("a.example", path));
            names_.push_back(table_path("b.example", path));
            names_.push_back(Name::of_port(static_cast<std::uint16_t>(path + 1), path % 2 == 0));
            names_.push_back(Name::of_service(table_token(path % 2), "database"));
        }
    }

    void step() {
        const auto member = static_cast<MemberIndex>(random_.below(model_members));
        const Name& name = names_[random_.below(names_.size())];
        now_ += std::chrono::seconds(random_.below(3));
        const TimePoint until = now_ + std::chrono::seconds(random_.below(20));
        const std::uint64_t what = random_.below(100);
        if (what < 50) {
            const Claim claim{name,
                              table_owner(random_.below(3), random_.below(2)),
                              random_.below(50),
                              0,
                              random_.below(2),
                              random_.chance(20)};
            const bool routes = random_.chance(80);
            if (what < 5) {
                REQUIRE(table_.add_hearsay(member, claim) == model_.add_hearsay(member, claim));
            } else {
                REQUIRE(table_.add(member, claim, routes) == model_.add(member, claim, routes));
            }
        } else if (what < 80) {
            REQUIRE(table_.remove(member, name, until, now_) == model_.remove(member, name, until, now_));
        } else if (what < 90) {
            const Reservation reservation{name, table_token(random_.below(3)), until};
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
            compare_root(name);
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
        const std::vector<Claim> ended = table_.end_sync(member, now_);
        if (std::exchange(model_.is_syncing[member], false)) {
            compare_ended(ended, model_.drop(member, false));
        } else {
            REQUIRE(ended.empty());
        }
        for (const Claim& claim : ended) {
            const auto kind = claim.name.kind();
            const Duration time = kind == Name::Kind::host      ? Duration(cluster::limits::host_reserved_for)
                                  : kind == Name::Kind::service ? Duration(0)
                                                                : Duration(cluster::limits::port_reserved_for);
            model_.reserve({claim.name, claim.owner.token, now_ + time}, now_);
        }
    }

    void forget(MemberIndex member) {
        model_.is_syncing[member] = false;
        compare_ended(table_.forget(member), model_.drop(member, true));
    }

    static void compare_ended(const std::vector<Claim>& ended, const std::set<Name>& expected) {
        std::set<Name> names;
        for (const Claim& claim : ended) {
            names.insert(claim.name);
        }
        REQUIRE(names.size() == ended.size());
        REQUIRE(names == expected);
    }

    void compare_root(const Name& name) const {
        std::size_t listed = 0;
        table_.for_each_of_root(name, [&](const ClaimTable::Entry& entry) {
            ++listed;
            const auto same = [&](const TableModel::Held& one) { return one == entry; };
            REQUIRE(std::any_of(model_.held.begin(), model_.held.end(), same));
        });
        const auto is_of_root = [&](const TableModel::Held& one) { return one.claim.name.root() == name.root(); };
        REQUIRE(listed == static_cast<std::size_t>(std::count_if(model_.held.begin(), model_.held.end(), is_of_root)));
    }

    void compare_members() const {
        for (MemberIndex member = 0; member < model_members; ++member) {
            std::size_t listed = 0;
            table_.for_each(member, [&](const Claim& claim) {
                ++listed;
                const auto same = [&](const TableModel::Held& one) {
                    return one.member == member && one.claim == claim;
                };
                REQUIRE(std::any_of(model_.held.begin(), model_.held.end(), same));
            });
            const auto expected = static_cast<std::size_t>(std::count_if(
                model_.held.begin(), model_.held.end(), [&](const auto& one) { return one.member == member; }));
            REQUIRE(listed == expected);
            REQUIRE(table_.size(member) == expected);
        }
    }

    test::SeededRandom random_;
    ClaimTable table_;
    TableModel model_;
    std::vector<Name> names_;
    TimePoint now_ = table_start;
};

}  // namespace

TEST_CASE("cluster table: the same as a simple model after each of many random operations") {
    for (std::uint64_t seed = 1; seed <= load(40); ++seed) {
        CAPTURE(seed);
        TableAndModel both(seed);
        for (int step = 0; step < 500; ++step) {
            CAPTURE(step);
            both.step();
            both.compare();
        }
    }
}
