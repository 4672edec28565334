// Links between members that are in no list: found, accepted by their proof, moved, and forgotten.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "unit/peers/peers_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;

namespace {

/// A member without a list, and with so many places for others.
struct OpenMember {
    explicit OpenMember(const std::string& name, std::size_t most = 64, std::uint8_t key = 1)
        : names(name),
          links({name, {}, keys_of(key), quick_retries()},
                {workers,
                 names,
                 [](runtime::Worker&, IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                     stream->abort(wire::Code::unknown_service);
                 },
                 LinkAccounts{},
                 log,
                 runtime::system_random(),
                 [](const std::string&, runtime::Fd) {},
                 {},
                 [this, most](const std::string& member, const std::shared_ptr<PeerCarrier>& carrier) {
                     const std::lock_guard lock(mutex);
                     const bool has_place = places.contains(member) || places.size() < most;
                     if (has_place) {
                         places.insert(member);
                     }
                     return has_place && carrier->name() == member;
                 },
                 [this](const std::string& member) {
                     const std::lock_guard lock(mutex);
                     places.erase(member);
                 },
                 [this] { ++changes; }}) {}
    ~OpenMember() {
        workers.stop();
        workers.join();
    }
    void start() { start(std::move(place.listener)); }
    void start(runtime::Fd listener) {
        workers.start();
        links.start(std::move(listener));
    }
    bool is_linked(const std::string& member) const {
        for (const PeerState& state : links.states()) {
            if (state.name == member) {
                return state.linked && state.data_links == 2;
            }
        }
        return false;
    }
    bool has_place(const std::string& member) const {
        const std::lock_guard lock(mutex);
        return places.contains(member);
    }

    Place place;
    RecordingLogger log;
    runtime::WorkerGroup workers{2};
    FakeRegister names;
    mutable std::mutex mutex;
    std::set<std::string> places;
    std::atomic<int> changes{0};
    Links links;
};

}  // namespace

TEST_CASE("members that are in no list: one is found, the other accepted by its proof", "[threads][cluster]") {
    OpenMember b("b");
    auto a = std::make_unique<OpenMember>("a");
    b.start();
    a->start();
    CHECK(a->links.states().empty());
    CHECK(a->links.add_member({"b", "127.0.0.1", b.place.port}));
    REQUIRE(eventually([&] { return a->is_linked("b") && b.is_linked("a"); }));
    CHECK(b.has_place("a"));
    CHECK(b.changes == 1);
    CHECK(a->changes == 1);
    CHECK_FALSE(b.links.states().at(0).is_listed);
    CHECK(b.links.states().at(0).address.starts_with("127.0.0.1:"));  // where it has connected from
    CHECK_FALSE(b.links.forget_member("a"));
    CHECK_FALSE(a->links.forget_member("b"));
    CHECK(a->links.carriers().at(0)->name() == "b");

    a.reset();
    REQUIRE(eventually([&] { return b.links.forget_member("a"); }));
    CHECK(b.links.states().empty());
    CHECK_FALSE(b.has_place("a"));
    CHECK(b.changes == 2);
    CHECK_FALSE(b.links.forget_member("a"));
    OpenMember again("a");
    again.start();
    CHECK(again.links.add_member({"b", "127.0.0.1", b.place.port}));
    REQUIRE(eventually([&] { return again.is_linked("b") && b.is_linked("a"); }));
}

TEST_CASE("members that are in no list: one that has moved is dialled at its new address", "[threads][cluster]") {
    OpenMember b("b");
    OpenMember a("a");
    b.start();
    CHECK(a.links.add_member({"b", "127.0.0.1", 1}));  // before the start, and wrong
    a.start();
    REQUIRE(eventually([&] { return !a.links.states().at(0).problem.empty(); }));
    CHECK(a.links.add_member({"b", "127.0.0.1", b.place.port}));
    REQUIRE(eventually([&] { return a.is_linked("b"); }));
    CHECK(a.links.states().at(0).address == "127.0.0.1:" + std::to_string(b.place.port));
    // A link that is open stays, whatever its address becomes.
    CHECK(a.links.add_member({"b", "127.0.0.1", 2}));
    for (int turn = 0; turn < 3; ++turn) {
        runtime::test::on(a.workers.at(0), [] {});
    }
    CHECK(a.is_linked("b"));
}

TEST_CASE("members that are in no list: an address that leads to another member adds nobody", "[threads][cluster]") {
    OpenMember c("c");
    OpenMember stranger("x", 64, 2);
    OpenMember a("a");
    c.start();
    stranger.start();
    a.start();
    CHECK_FALSE(a.links.add_member({"a", "127.0.0.1", c.place.port}));
    CHECK(a.links.add_member({"b", "127.0.0.1", c.place.port}));
    CHECK(a.links.add_member({"x", "127.0.0.1", stranger.place.port}));  // without the key
    REQUIRE(
        eventually([&] { return !a.links.states().at(0).problem.empty() && !a.links.states().at(1).problem.empty(); }));
    CHECK(a.names.connects == 0);
    CHECK(c.names.connects == 0);
    CHECK(c.links.states().empty());
    CHECK(stranger.links.states().empty());
    CHECK(a.links.forget_member("b"));
    CHECK(a.links.forget_member("x"));
    CHECK(a.links.add_member({"c", "127.0.0.1", c.place.port}));
    REQUIRE(eventually([&] { return a.is_linked("c") && c.is_linked("a"); }));
}

TEST_CASE("limit: a member that proves to be one takes the place of one that has no link", "[threads][cluster]") {
    OpenMember d("d", 2);
    OpenMember a("a");
    OpenMember b("b");
    OpenMember c("c");
    for (OpenMember* const one : {&d, &a, &b, &c}) {
        one->start();
    }
    CHECK(d.links.add_member({"x", "127.0.0.1", 1}));
    CHECK(d.links.add_member({"y", "127.0.0.1", 1}));
    CHECK_FALSE(d.links.add_member({"z", "127.0.0.1", 1}));
    CHECK(d.links.add_member({"y", "127.0.0.1", 1}));  // it has a place
    CHECK(a.links.add_member({"d", "127.0.0.1", d.place.port}));
    REQUIRE(eventually([&] { return a.is_linked("d") && d.is_linked("a"); }));
    CHECK(b.links.add_member({"d", "127.0.0.1", d.place.port}));
    REQUIRE(eventually([&] { return b.is_linked("d") && d.is_linked("b"); }));
    CHECK_FALSE(d.has_place("x"));
    CHECK_FALSE(d.has_place("y"));
    CHECK(c.links.add_member({"d", "127.0.0.1", d.place.port}));
    REQUIRE(eventually([&] { return c.links.states().at(0).problem.find("has no place") != std::string::npos; }));
    CHECK(d.is_linked("a"));
    CHECK(d.is_linked("b"));
}
