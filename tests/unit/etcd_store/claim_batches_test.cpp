// Claims that share a transaction: what is put together, and what follows if it is not carried out.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "cluster/limits.hpp"
#include "etcd/limits.hpp"
#include "etcd_store/claim_keys.hpp"
#include "etcd_store/stored_names.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::Name;
using cluster::StoreAnswer;
using Kind = StoreAnswer::Kind;
using namespace std::chrono_literals;

cluster::Owner owner_of(std::uint8_t token) {
    cluster::Owner owner;
    owner.token[0] = token;
    owner.party[0] = 1;
    return owner;
}

Name host(std::size_t number) {
    return Name::of_host("h" + std::to_string(number) + ".example.com", "/");
}

class CountedRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = ++last_;
        }
    }

private:
    std::uint8_t last_ = 0;
};

// Leases are granted at once; transactions wait for the test.
class HeldCalls final : public Calls {
public:
    struct Held {
        etcd::Transaction transaction;
        Done<etcd::TransactionAnswer> done;
    };
    TimePoint now() const override { return time; }
    void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) override {
        if (request.conditions.empty()) {  // asks for the revision, or whether etcd accepts changes
            asked.push_back(request);
            later.emplace_back([this, done] {
                if (refusal && std::holds_alternative<etcd::Put>(asked.back().then.at(0))) {
                    return done(*refusal);
                }
                etcd::TransactionAnswer answer{{7, 1, revision}};
                answer.succeeded = true;
                done(answer);
            });
        } else {
            held.push_back({request, std::move(done)});
        }
    }
    void grant(etcd::LeaseId, std::chrono::seconds granted, Done<etcd::LeaseAnswer> done) override {
        ++grants;
        later.emplace_back([this, granted, done] { done(etcd::LeaseAnswer{{7, 1, revision}, granted}); });
    }
    void renew(etcd::LeaseId, Done<etcd::LeaseAnswer> done) override {
        later.emplace_back([this, done] { done(etcd::LeaseAnswer{{7, 1, revision}, renewed}); });
    }

    /// Answers the oldest one.
    void answer(bool succeeded, const std::vector<std::string>& keys = {}) {
        etcd::TransactionAnswer answer{{7, 1, ++revision}};
        answer.succeeded = succeeded;
        answer.answers.resize(4, etcd::ReadAnswer{});
        for (const std::string& key : keys) {
            std::get<etcd::ReadAnswer>(answer.answers[0]).pairs.push_back({key});
        }
        finish(answer);
    }
    void finish(const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
        REQUIRE_FALSE(held.empty());
        const Held first = std::move(held.front());
        held.erase(held.begin());
        first.done(answer);
    }

    TimePoint time{1h};
    etcd::Revision revision = 100;
    std::vector<Held> held;
    std::vector<etcd::Transaction> asked;  // those that concern no name
    std::optional<etcd::Fault> refusal;    // of changes
    std::chrono::seconds renewed = 60s;
    std::size_t grants = 0;
    std::vector<std::function<void()>> later;
};

class Batches {
public:
    Batches()
        : names(calls, random_, "ft/", "a",
                {[this](std::uint64_t request, const StoreAnswer& answer) {
                     CHECK(answers.emplace(request, answer).second);
                 },
                 [](const std::string&) {}, [this] { ++losses; }}) {
        names.start();
        turn();
        REQUIRE(names.problem().empty());
    }
    /// What is due, and answers about leases.
    void turn() {
        for (int i = 0; i < 3; ++i) {
            names.tick();
            for (const auto& each : std::exchange(calls.later, {})) {
                each();
            }
        }
    }
    void claim(std::uint64_t request, const Name& name, const cluster::Owner& owner = owner_of(1)) {
        names.claim({request, name, owner, 1, false, false});
    }
    /// Hosts from..to, the numbers of their requests are the same.
    void claim_hosts(std::size_t from, std::size_t to) {
        for (std::size_t i = from; i <= to; ++i) {
            claim(i, host(i));
        }
        turn();
    }
    Kind kind(std::uint64_t request) const { return answers.at(request).kind; }

    HeldCalls calls;
    std::map<std::uint64_t, StoreAnswer> answers;
    std::size_t losses = 0;

private:
    CountedRandom random_;

public:
    StoredNames names;
};

}  // namespace

TEST_CASE_METHOD(Batches, "a claim is sent at once and alone, and those that wait share a transaction") {
    for (std::size_t i = 1; i <= limits::claim_calls_max; ++i) {
        claim_hosts(i, i);
    }
    CHECK(calls.held.size() == limits::claim_calls_max);
    for (const HeldCalls::Held& each : calls.held) {
        CHECK(each.transaction.then.size() == 2);
        CHECK(each.transaction.otherwise.size() == 4);
    }
    claim_hosts(101, 150);
    CHECK(calls.held.size() == limits::claim_calls_max);
    calls.answer(true);
    turn();
    CHECK(kind(1) == Kind::granted);
    REQUIRE(calls.held.size() == limits::claim_calls_max);
    const etcd::Transaction& shared = calls.held.back().transaction;
    CHECK(shared.then.size() == 2 * limits::claims_per_call);
    CHECK(shared.otherwise.empty());
    CHECK(shared.conditions.size() <= etcd::limits::operations_max);
    for (std::size_t i = 0; i < limits::claim_calls_max + 1; ++i) {
        calls.answer(true);
        turn();
    }
    CHECK(calls.held.empty());
    CHECK(answers.size() == limits::claim_calls_max + 50);
    CHECK(names.waiting() == 0);
}

TEST_CASE_METHOD(Batches, "claims that were not carried out together are asked for one by one") {
    claim_hosts(1, 3);
    REQUIRE(calls.held.size() == 1);
    CHECK(calls.held[0].transaction.then.size() == 6);
    SECTION("one of them is another's") {
        calls.answer(false);
    }
    SECTION("etcd accepts only shorter transactions") {
        calls.finish(etcd::Fault{etcd::Fault::Kind::too_large, "too many operations in txn request"});
    }
    turn();
    CHECK(answers.empty());
    REQUIRE(calls.held.size() == 3);
    for (const HeldCalls::Held& each : calls.held) {
        CHECK(each.transaction.then.size() == 2);
    }
    CHECK(calls.held[0].transaction.conditions[0].keys.key == "ft/claim/hh1.example.com ");
    calls.answer(true);
    calls.answer(false, {"ft/claim/hh2.example.com 0200000000000000"});
    calls.answer(true);
    CHECK(kind(1) == Kind::granted);
    CHECK(kind(2) == Kind::reserved);
    CHECK(kind(3) == Kind::granted);
    CHECK(names.waiting() == 0);
}

TEST_CASE_METHOD(Batches, "claims without an answer are refused for now, and each is given back") {
    claim_hosts(1, 3);
    calls.finish(etcd::Fault{etcd::Fault::Kind::unreachable, "no answer"});
    CHECK(answers.size() == 3);
    CHECK(kind(3) == Kind::unavailable);
    CHECK(names.waiting() == 3);
    turn();
    CHECK(calls.held.size() == 3);  // the first transactions of releases
    CHECK(calls.held[0].transaction.conditions[0].target == etcd::Compare::Target::lease);
}

TEST_CASE_METHOD(Batches, "two tokens' claims of one root are never in one transaction, and a key is put once") {
    claim(1, Name::of_host("app.example.com", "/"));
    claim(2, Name::of_host("app.example.com", "/api"));
    claim(3, Name::of_host("app.example.com", "/other"), owner_of(2));
    turn();
    REQUIRE(calls.held.size() == 2);
    const etcd::Transaction& of_one = calls.held[0].transaction;
    CHECK(of_one.then.size() == 3);  // one reservation
    CHECK(of_one.conditions.size() == 6);
    std::map<std::string, int> puts;
    for (const etcd::Operation& operation : of_one.then) {
        ++puts[std::get<etcd::Put>(operation).key];
    }
    CHECK(puts.size() == 3);
    CHECK(calls.held[1].transaction.then.size() == 2);
}

TEST_CASE_METHOD(Batches, "claims that wait are refused when a lease is not good any more") {
    for (std::size_t i = 1; i <= limits::claim_calls_max; ++i) {
        claim_hosts(i, i);
    }
    claim_hosts(101, 140);
    claim(141, host(1));  // behind one that is on its way
    calls.time += limits::live_time;
    names.tick();
    CHECK_FALSE(names.problem().empty());
    CHECK(answers.size() == 41);
    CHECK(kind(101) == Kind::unavailable);
    CHECK(kind(141) == Kind::unavailable);
    CHECK(names.waiting() == limits::claim_calls_max);
}

TEST_CASE_METHOD(Batches, "the revision is asked for by a read on which etcd's members agree") {
    calls.time += limits::revision_time;
    turn();
    REQUIRE(calls.asked.size() == 1);
    REQUIRE(calls.asked[0].then.size() == 1);  // an empty transaction is answered by one member alone
    CHECK_FALSE(std::get<etcd::Read>(calls.asked[0].then[0]).is_local);
}

TEST_CASE_METHOD(Batches, "an etcd that accepts no changes is not in order, until it accepts one") {
    calls.refusal = GENERATE(etcd::Fault{etcd::Fault::Kind::no_space, "etcdserver: mvcc: database space exceeded"},
                             etcd::Fault{etcd::Fault::Kind::forbidden, "etcdserver: permission denied"});
    claim_hosts(1, 1);
    calls.finish(*calls.refusal);
    CHECK(kind(1) == Kind::unavailable);
    CHECK(names.problem() == calls.refusal->text);
    calls.time += limits::revision_time;
    turn();
    CHECK(names.problem() == calls.refusal->text);
    calls.refusal.reset();
    calls.time += limits::revision_time;
    turn();
    CHECK(names.problem().empty());
    claim_hosts(2, 2);
    calls.answer(true);
    CHECK(kind(2) == Kind::granted);
}

TEST_CASE_METHOD(Batches, "an etcd that grants leases and then does not have them is asked in pauses") {
    calls.renewed = 0s;
    calls.time += limits::live_time / 2;
    for (int i = 0; i < 100; ++i) {
        turn();
    }
    const std::size_t before = calls.grants;
    for (int i = 0; i < 100; ++i) {
        calls.time += 10ms;
        turn();
    }
    CHECK(calls.grants - before <= 12);  // three leases, each after at least 0.25 s
}

TEST_CASE_METHOD(Batches, "an etcd that was restored is noticed, although nothing is claimed") {
    claim_hosts(1, 1);
    calls.answer(true);
    turn();
    calls.revision -= 50;
    turn();
    CHECK(losses == 0);
    calls.time += limits::revision_time;
    turn();
    CHECK(losses == 1);
    CHECK(names.problem().empty());
    calls.revision += 10;
    calls.time += limits::revision_time;
    turn();
    CHECK(losses == 1);
}

TEST_CASE("claims of the longest names fit etcd's requests") {
    const std::string label(60, 'a');
    const std::string path = "/" + std::string(250, 'b');
    std::vector<ClaimedName> claimed;
    for (std::size_t i = 0; i < limits::claims_per_call; ++i) {
        claimed.push_back(
            {Name::of_host(label + "." + label + "." + label + "." + std::to_string(100 + i), path), owner_of(1), 1});
    }
    std::vector<LeasedClaim> claims;
    for (const ClaimedName& each : claimed) {
        claims.push_back({&each, 5});
    }
    const ClaimKeys keys(std::string(limits::prefix_max, 'p'), std::string(cluster::limits::member_name_max, 'm'));
    const etcd::Transaction transaction = keys.claims(claims, 6);
    CHECK(transaction.conditions.size() <= etcd::limits::operations_max);
    CHECK(transaction.then.size() <= etcd::limits::operations_max);
    CHECK(etcd::post_of(transaction).body.size() < 1'000'000);  // etcd's bound is 1.5 MiB, without base64
}

}  // namespace ferrotunnel::etcd_store
