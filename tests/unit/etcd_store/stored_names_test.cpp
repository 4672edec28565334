// Leases and releases of StoredNames, without a worker: what the simulation of a cluster with a store has found
// (tests/simulation/cluster), and how long an etcd that is away is waited for.
#include "etcd_store/stored_names.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <variant>
#include <vector>

#include "base/random.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::Name;
using cluster::Owner;
using namespace std::chrono_literals;

const Name shop = Name::of_host("shop.example.com", "/");
const Name door = Name::of_port(2222, false);

Owner shop_owner() {
    Owner made;
    made.token[0] = 1;
    made.party[0] = 1;
    return made;
}

class StepRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = ++last_;
        }
    }

private:
    std::uint8_t last_ = 0;
};

// An etcd that accepts every transaction whose leases it has, and that a test can switch off.
class SteppedCalls final : public Calls {
public:
    TimePoint now() const override { return time; }
    void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) override {
        later_.emplace_back([this, request, done] { done(carry_out(request)); });
    }
    void grant(etcd::LeaseId lease, std::chrono::seconds granted, Done<etcd::LeaseAnswer> done) override {
        later_.emplace_back([this, lease, granted, done] {
            if (is_away) {
                return done(unreachable);
            }
            leases[lease] = granted;
            done(etcd::LeaseAnswer{header(), granted});
        });
    }
    void renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) override {
        later_.emplace_back([this, lease, done] {
            if (is_away) {
                return done(unreachable);
            }
            done(etcd::LeaseAnswer{header(), leases.contains(lease) ? leases[lease] : 0s});
        });
    }
    bool answer() {
        for (std::deque<std::function<void()>> answers = std::exchange(later_, {}); const auto& one : answers) {
            one();
        }
        return !later_.empty();
    }

    TimePoint time{1h};
    bool is_away = false;
    std::string other_owner;  // a key; empty: there is none
    std::map<etcd::LeaseId, std::chrono::seconds> leases;
    std::map<std::string, etcd::LeaseId> keys;
    std::size_t asked = 0;  // transactions that change something

private:
    etcd::Header header() const { return {7, 1, 100}; }
    Result<etcd::TransactionAnswer, etcd::Fault> carry_out(const etcd::Transaction& request) {
        asked += request.conditions.empty() ? 0U : 1U;
        if (is_away) {
            return unreachable;
        }
        const auto holds = [this](const etcd::Compare& one) {
            const auto key = keys.find(one.keys.key);
            return one.target != etcd::Compare::Target::lease || (key != keys.end() && key->second == one.number);
        };
        etcd::TransactionAnswer answer{header()};
        if (!other_owner.empty() && request.otherwise.size() == 4) {
            answer.answers.assign(4, etcd::ReadAnswer{});
            std::get<etcd::ReadAnswer>(answer.answers[2]).pairs = {{other_owner}};
            return answer;
        }
        answer.succeeded = std::all_of(request.conditions.begin(), request.conditions.end(), holds);
        for (const etcd::Operation& operation : answer.succeeded ? request.then : request.otherwise) {
            if (const auto* const put = std::get_if<etcd::Put>(&operation)) {
                if (put->lease != 0 && !leases.contains(put->lease)) {
                    return etcd::Fault{etcd::Fault::Kind::lease_missing, "requested lease not found"};
                }
                keys[put->key] = put->lease;
            } else if (const auto* const deletion = std::get_if<etcd::Delete>(&operation)) {
                keys.erase(deletion->keys.key);
            }
        }
        return answer;
    }

    const etcd::Fault unreachable{etcd::Fault::Kind::unreachable, "it is away"};
    std::deque<std::function<void()>> later_;
};

class StoredNamesFixture {
public:
    StoredNamesFixture() {
        names.start();
        pass(1s);
        REQUIRE(names.problem().empty());
    }
    // In steps of a tenth of a second.
    void pass(Duration time) {
        for (const TimePoint end = calls.time + time; calls.time < end; calls.time += 100ms) {
            do {
                if (names.next_deadline() <= calls.time) {
                    names.tick();
                }
            } while (calls.answer());
        }
    }
    void claim(const Name& name) {
        names.claim({++last_, name, shop_owner(), 1});
        pass(1s);
        REQUIRE(answers[last_] == cluster::StoreAnswer::Kind::granted);
    }
    void release(const Name& name, Duration reserved_for) { names.release({name, shop_owner(), 1, reserved_for}); }
    std::set<etcd::LeaseId> present_leases() const {
        std::set<etcd::LeaseId> ids;
        for (const auto& [id, time] : calls.leases) {
            ids.insert(id);
        }
        return ids;
    }

    SteppedCalls calls;
    std::map<std::uint64_t, cluster::StoreAnswer::Kind> answers;
    std::size_t losses = 0;

private:
    StepRandom random_;
    std::uint64_t last_ = 0;

public:
    StoredNames names{
        calls,
        random_,
        "p/",
        "a",
        {[this](std::uint64_t request, const cluster::StoreAnswer& answer) { answers[request] = answer.kind; },
         [](const std::string&) {}, [this] { ++losses; }}};
};

}  // namespace

TEST_CASE_METHOD(StoredNamesFixture, "a release is made also after an etcd that was away for a minute") {
    claim(shop);
    REQUIRE(calls.keys.size() == 2);
    calls.is_away = true;
    pass(2s);
    release(shop, 0s);
    pass(1min);
    CHECK(names.waiting() == 1);
    SECTION("with the lease under which the name was claimed") {
        CHECK(calls.keys.size() == 2);
    }
    SECTION("and it is not tried while etcd cannot be asked") {
        const std::size_t before = calls.asked;
        pass(1min);
        CHECK(calls.asked == before);
    }
    calls.is_away = false;
    pass(15s);
    CHECK(names.problem().empty());
    CHECK(names.waiting() == 0);
    CHECK(calls.keys.empty());
}

TEST_CASE_METHOD(StoredNamesFixture, "releases of one claim that wait are one") {
    claim(shop);
    calls.is_away = true;
    pass(10s);
    for (int i = 0; i < 100; ++i) {
        release(shop, 0s);
    }
    CHECK(names.waiting() <= 2);
    calls.is_away = false;
    pass(15s);
    CHECK(names.waiting() == 0);
}

TEST_CASE_METHOD(StoredNamesFixture, "a claim that waits for another one's end is not there after its own release") {
    Owner other = shop_owner();
    other.party[0] = 2;
    calls.other_owner = ClaimKeys("p/", "b").claim_key({shop, other, 1});
    names.claim({1, shop, shop_owner(), 1, false, true});
    pass(300ms);
    REQUIRE(answers.empty());
    release(shop, 0s);
    pass(limits::follow_time + 100ms);
    calls.other_owner.clear();
    pass(limits::follow_time * (limits::follow_attempts_max + 1));
    CHECK(answers[1] == cluster::StoreAnswer::Kind::other_owner);
    CHECK(names.waiting() == 0);
    CHECK(calls.keys.empty());
}

TEST_CASE_METHOD(StoredNamesFixture, "a lease of releases that has ended is replaced") {
    claim(door);
    const std::set<etcd::LeaseId> kept = present_leases();
    release(door, 1min);
    pass(1s);
    CHECK(calls.leases.size() == kept.size() + 1);
    std::erase_if(calls.leases, [&kept](const auto& lease) { return !kept.contains(lease.first); });
    claim(door);
    release(door, 1min);
    pass(3s);
    CHECK(names.waiting() == 0);
    CHECK(calls.leases.size() == kept.size() + 1);
}

TEST_CASE_METHOD(StoredNamesFixture,
                 "when one lease is lost, all are replaced, also those that are renewed each 8 hours") {
    const std::set<etcd::LeaseId> before = present_leases();
    REQUIRE(before.size() == 3);
    const auto live = std::find_if(calls.leases.begin(), calls.leases.end(),
                                   [](const auto& lease) { return lease.second == limits::live_time; });
    calls.leases.erase(live);
    pass(10s);
    CHECK(names.problem().empty());
    CHECK(losses == 1);
    std::size_t fresh = 0;
    for (const etcd::LeaseId lease : present_leases()) {
        fresh += before.contains(lease) ? 0 : 1;
    }
    CHECK(fresh == 3);
}

TEST_CASE_METHOD(StoredNamesFixture,
                 "an etcd that was away for the time of a lease may be another one: all is claimed again") {
    const std::set<etcd::LeaseId> before = present_leases();
    SECTION("shorter") {
        calls.is_away = true;
        pass(4s);
        calls.is_away = false;
        pass(5s);
        CHECK(losses == 0);
        CHECK(present_leases() == before);
    }
    SECTION("longer") {
        calls.is_away = true;
        pass(limits::live_time);
        CHECK_FALSE(names.problem().empty());
        calls.is_away = false;
        pass(5s);
        CHECK(losses == 1);
        CHECK(present_leases().size() == 2 * before.size());  // the ones before end by themselves
    }
    CHECK(names.problem().empty());
}

}  // namespace ferrotunnel::etcd_store
