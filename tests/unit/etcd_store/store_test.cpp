// Store against an etcd that is in order, that fails, and that lies.
#include "etcd_store/store.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "fake_etcd.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::Name;
using cluster::Owner;
using cluster::StoreAnswer;
using Kind = StoreAnswer::Kind;
using namespace std::chrono_literals;

const Name app = Name::of_host("app.example.com", "/");
const Name port = Name::of_port(2222, false);

Owner owner(std::uint8_t token, std::uint8_t party) {
    Owner made;
    made.token[0] = token;
    made.party[0] = party;
    return made;
}
const Owner ann = owner(1, 1);
const Owner bob = owner(2, 1);

class CountingRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = ++last_;
        }
    }

private:
    std::uint8_t last_ = 0;
};

// Stores of members of one cluster.
class Stores {
public:
    struct Member {
        std::unique_ptr<Store> store;
        std::map<std::uint64_t, StoreAnswer> answers;
        std::string problem = "at first";
        std::size_t losses = 0;
    };

    explicit Stores(Duration call_time = 60s) : call_time_(call_time) {}

    Member& member(const std::string& name) {
        Member& made = members_[name];
        if (!made.store) {
            Settings settings;
            settings.client.call_time = call_time_;
            settings.member = name;
            made.store =
                std::make_unique<Store>(loop.worker, settings, std::vector{etcd.destination()}, random_,
                                        Store::Handlers{[&made](std::uint64_t request, const StoreAnswer& answer) {
                                                            CHECK(made.answers.emplace(request, answer).second);
                                                        },
                                                        [&made](const std::string& problem) { made.problem = problem; },
                                                        [&made] { ++made.losses; }});
            made.store->start();
        }
        return made;
    }
    void wait_until(const std::function<bool()>& condition) {
        REQUIRE(loop.run_until([&] { return etcd.look() && condition(); }));
    }
    /// The member is in order.
    Member& ready(const std::string& name) {
        Member& at = member(name);
        wait_until([&] { return at.problem.empty(); });
        return at;
    }
    std::uint64_t begin(Member& at, const Name& name, const Owner& of, bool is_held = false, bool follows = false) {
        at.store->claim({++last_, name, of, 1, is_held, follows});
        return last_;
    }
    StoreAnswer claim(Member& at, const Name& name, const Owner& of) { return wait(at, begin(at, name, of)); }
    StoreAnswer wait(Member& at, std::uint64_t request) {
        wait_until([&] { return at.answers.contains(request); });
        return at.answers[request];
    }
    void release(Member& at, const Name& name, const Owner& of, Duration reserved_for = 0s) {
        at.store->release({name, of, 1, reserved_for});
        wait_until([&] { return at.store->waiting() == 0; });
    }

    test::FakeEtcd etcd;
    runtime::test::OwnLoop loop;

private:
    const Duration call_time_;
    CountingRandom random_;
    std::uint64_t last_ = 0;
    std::map<std::string, Member> members_;
};

}  // namespace

TEST_CASE_METHOD(Stores, "names are claimed, refused to others, and released") {
    Member& a = ready("a");
    Member& b = ready("b");
    CHECK(etcd.leases.size() == 6);
    CHECK(a.losses == 0);
    CHECK(claim(a, app, ann).kind == Kind::granted);
    CHECK(claim(b, app, ann).kind == Kind::granted);
    CHECK(claim(b, app, bob).kind == Kind::other_token);
    CHECK(claim(b, Name::of_host("app.example.com", "/api"), bob).kind == Kind::other_token);
    CHECK(claim(b, Name::of_host("app.example.co", "/"), bob).kind == Kind::granted);
    const StoreAnswer other = claim(b, app, owner(1, 2));
    CHECK(other.kind == Kind::other_owner);
    CHECK(other.text == "a");
    CHECK(claim(b, port, ann).kind == Kind::granted);

    release(a, app, ann, 1min);
    CHECK(claim(b, app, bob).kind == Kind::other_token);  // b itself still has it
    release(b, app, ann, 1min);
    CHECK(claim(b, app, bob).kind == Kind::reserved);
    CHECK(claim(a, app, ann).kind == Kind::granted);
    release(a, app, ann);
    CHECK(claim(b, app, bob).kind == Kind::granted);
}

TEST_CASE_METHOD(Stores, "releases of one time share a lease") {
    Member& a = ready("a");
    for (int i = 0; i < 5; ++i) {
        const Name name = Name::of_host("app" + std::to_string(i) + ".example.com", "/");
        CHECK(claim(a, name, ann).kind == Kind::granted);
        release(a, name, ann, 60s);
    }
    CHECK(etcd.leases.size() == 4);
    CHECK(etcd.keys.size() == 5);
}

TEST_CASE_METHOD(Stores, "a successor's claim is not deleted by the release of the process before it") {
    Member& before = ready("a");
    CHECK(claim(before, app, ann).kind == Kind::granted);
    Stores::Member& other = ready("b");
    (void)other;
    const std::string key = etcd.keys_of("ferrotunnel/claim/happ.example.com 01").back();
    etcd.keys[key].lease = 4711;
    release(before, app, ann);
    CHECK(etcd.keys.contains(key));
}

TEST_CASE_METHOD(Stores, "while another member is giving the name up, etcd is asked again") {
    Member& a = ready("a");
    Member& b = ready("b");
    CHECK(claim(a, app, ann).kind == Kind::granted);
    const std::uint64_t request = begin(b, app, owner(1, 2), false, true);
    const std::size_t before = etcd.transactions;
    wait_until([&] { return etcd.transactions >= before + 2; });
    CHECK(b.answers.empty());
    a.store->release({app, ann, 1, 0s});
    CHECK(wait(b, request).kind == Kind::granted);
}

TEST_CASE_METHOD(Stores, "the release that a claim waits for goes first, also if it was asked for later") {
    Member& a = ready("a");
    CHECK(claim(a, app, ann).kind == Kind::granted);
    const std::uint64_t request = begin(a, app, owner(1, 2), false, true);
    a.store->release({app, ann, 1, 0s});
    CHECK(wait(a, request).kind == Kind::granted);
    CHECK(etcd.keys.size() == 2);
}

TEST_CASE_METHOD(Stores, "a lease that etcd has lost: all is claimed again, under another one") {
    Member& a = ready("a");
    CHECK(claim(a, app, ann).kind == Kind::granted);
    const std::int64_t lease = etcd.keys[etcd.keys_of("ferrotunnel/claim/happ.example.com 01").back()].lease;
    etcd.end_lease(lease);
    const std::uint64_t request = begin(a, port, ann);  // "requested lease not found"
    CHECK(wait(a, request).kind == Kind::unavailable);
    wait_until([&] { return a.losses == 1 && a.problem.empty(); });
    CHECK(claim(a, app, ann).kind == Kind::granted);
    CHECK_FALSE(etcd.leases.contains(lease));
}

TEST_CASE_METHOD(Stores, "an etcd that was restored from an older state, or replaced, is noticed by its answers") {
    Member& a = ready("a");
    CHECK(claim(a, app, ann).kind == Kind::granted);
    SECTION("its revision has gone back") {
        etcd.revision -= 20;
    }
    SECTION("it has another id") {
        etcd.cluster = "8";
    }
    etcd.keys.clear();
    CHECK(claim(a, port, ann).kind == Kind::unavailable);
    wait_until([&] { return a.losses == 1 && a.problem.empty(); });
    CHECK(claim(a, app, ann).kind == Kind::granted);
    CHECK(claim(a, port, ann).kind == Kind::granted);
    CHECK(a.losses == 1);
}

TEST_CASE("a claim without an answer is refused for now, and given back before the name is claimed again") {
    Stores stores(1s);
    Stores::Member& a = stores.ready("a");
    stores.etcd.before_transaction = [&] {
        stores.etcd.lie = [](const std::string&) { return std::string("HTTP/1.1 "); };
    };
    const std::uint64_t request = stores.begin(a, app, ann);
    CHECK(stores.wait(a, request).kind == Kind::unavailable);
    stores.etcd.before_transaction = nullptr;
    stores.etcd.lie = nullptr;
    stores.wait_until([&] { return a.store->waiting() == 0 && a.problem.empty(); });
    CHECK(stores.etcd.keys_of("ferrotunnel/claim/happ.example.com 01").empty());
    CHECK(stores.claim(a, app, ann).kind == Kind::granted);
}

TEST_CASE("an etcd that says nothing is not waited for") {
    Stores stores(1s);
    Stores::Member& a = stores.ready("a");
    CHECK(stores.claim(a, app, ann).kind == Kind::granted);
    stores.etcd.is_silent = true;
    CHECK(stores.wait(a, stores.begin(a, port, ann)).kind == Kind::unavailable);
    stores.wait_until([&] { return !a.problem.empty(); });
    const StoreAnswer refused = stores.wait(a, stores.begin(a, port, ann));
    CHECK(refused.kind == Kind::unavailable);
    CHECK(refused.text == a.problem);
    stores.etcd.is_silent = false;
    stores.wait_until([&] { return a.problem.empty(); });
    CHECK(stores.claim(a, port, ann).kind == Kind::granted);
    CHECK(a.losses == 1);  // it may have been restored meanwhile
}

TEST_CASE_METHOD(Stores, "no answer of a hostile etcd is taken for a grant, or ends the process") {
    Member& a = ready("a");
    const std::string of_another =
        R"({"header":{"cluster_id":"7","member_id":"1","revision":"200"},"succeeded":true,"responses":[)"
        R"({"response_range":{}},{"response_put":{}}]})";
    const std::vector<std::string> lies{
        test::FakeEtcd::response(""),
        test::FakeEtcd::response("{}"),
        test::FakeEtcd::response("[]"),
        test::FakeEtcd::response("{\"succeeded\":true}"),
        test::FakeEtcd::response(std::string(100'000, '[')),
        test::FakeEtcd::response(of_another),
        test::FakeEtcd::response(
            R"({"header":{"cluster_id":"7","member_id":"1","revision":"200"},"succeeded":"true"})"),
        test::FakeEtcd::response(R"({"header":{"cluster_id":"7","member_id":"1","revision":"-1"}})"),
        test::FakeEtcd::response("{}", "302 Found\r\nLocation: http://127.0.0.1:1/"),
        test::FakeEtcd::response(R"({"error":"etcdserver: permission denied","code":7})", "403 Forbidden"),
        test::FakeEtcd::response(std::string(std::size_t{9} << 20U, ' ')).substr(0, 200) + "\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        "nothing of it\r\n\r\n",
    };
    std::uint16_t number = 1000;
    for (const std::string& lie : lies) {
        INFO(lie.substr(0, 120));
        etcd.lie = [&lie](const std::string& path) { return path == "/v3/kv/txn" ? lie : std::string(); };
        const std::uint64_t request = begin(a, Name::of_port(++number, false), ann, true);
        if (lie.size() == 202) {
            continue;  // it never ends: the call's time does, which is long here
        }
        CHECK(wait(a, request).kind == Kind::unavailable);
    }
}

}  // namespace ferrotunnel::etcd_store
