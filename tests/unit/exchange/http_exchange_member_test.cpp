// Requests of a service that several clients share: who has them, whether visitors stay, and who is ejected.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "directory/sticky.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

namespace {

const std::shared_ptr<const directory::StickyKey> key = [] {
    std::string problem;
    return std::make_shared<const directory::StickyKey>(
        directory::load_or_make_sticky_key({}, runtime::system_random(), problem));
}();

exchange::EdgeSettings telling_settings() {
    exchange::EdgeSettings settings = quick_settings();
    settings.member_header = true;
    return settings;
}

/// An edge with the service g.test, which the clients a and b share.
struct GroupRig {
    explicit GroupRig(wire::Sticky sticky, wire::Eject eject = {},
                      const std::shared_ptr<const directory::StickyKey>& by = key)
        : edge(telling_settings(), false, [this, by](ingress::EdgeShared& shared) {
              shared.own_cookies = by->cookie_prefix();
              shared.accepted_cookies = by->accepted() != nullptr ? by->accepted()->cookie_prefix() : std::string();
              shared.on_member = [this](const directory::MemberNotice& change) {
                  const std::lock_guard lock(mutex);
                  told.push_back(change);
              };
          }) {
        for (const std::string name : {"a", "b"}) {
            directory::Membership membership{{{1}, {9}}, {{1}, {static_cast<std::uint8_t>(name[0])}}};
            membership.sticky = sticky;
            membership.eject = eject;
            membership.name = name;
            membership.key = by;
            const auto id = static_cast<std::uint32_t>(name[0]);
            on(edge.pair.worker, [&] { edge.places[id] = name == "a" ? first.place() : second.place(); });
            directory::Refusal why;
            REQUIRE(edge.directory
                        ->join(membership.client, id, described("g.test"), std::make_shared<PairCarrier>(edge.pair),
                               Clock::now(), why, {}, membership)
                        .service);
        }
    }
    /// Asks by a connection of its own; `at`: who has to have the request, and `status` what it answers. Returns what
    /// came there, and what the visitor was answered.
    std::pair<Message, Message> ask_for(BackendPort& at, const std::string& more = {}, int status = 200) {
        Peer visitor = edge.visit(ask("g.test", "/", more + "Connection: close\r\n"));
        Peer backend = at.accept();
        Message request = backend.read_message();
        backend.send("HTTP/1.1 " + std::to_string(status) +
                     " X\r\nSet-Cookie: own=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return {std::move(request), visitor.read_message()};
    }

    std::mutex mutex;
    std::vector<directory::MemberNotice> told;
    BackendPort first;
    BackendPort second;
    EdgeRig edge;
};

/// The edge's own cookie of an answer, as a visitor sends it; empty: there is none.
std::string own_cookie(const Message& answer) {
    const auto [begin, end] = answer.fields.equal_range("set-cookie");
    for (auto at = begin; at != end; ++at) {
        if (at->second.starts_with(key->cookie_prefix())) {
            return at->second.substr(0, at->second.find(';'));
        }
    }
    return {};
}

}  // namespace

TEST_CASE("a visitor with a member's cookie comes to that member, and the backend sees none of it", "[groups]") {
    GroupRig rig(wire::Sticky::cookie);
    const Message first = rig.ask_for(rig.first).second;
    CHECK(first.field("x-ferrotunnel-member") == "a");
    CHECK(first.fields.count("set-cookie") == 2);
    const std::string cookie = own_cookie(first);
    REQUIRE_FALSE(cookie.empty());
    for (int i = 0; i < 3; ++i) {
        const auto [request, answer] = rig.ask_for(rig.first, "Cookie: x=1; " + cookie + "; y=2\r\n");
        CHECK(request.field("cookie") == "x=1; y=2");
        CHECK(own_cookie(answer).empty());
        CHECK(answer.field("set-cookie") == "own=1");
    }
    const auto [request, answer] = rig.ask_for(rig.first, "Cookie: x=1\r\nCookie: " + cookie + "\r\n");
    CHECK(request.field("cookie") == "x=1");
    CHECK_FALSE(rig.ask_for(rig.first, "Cookie: " + cookie + "\r\n").first.has("cookie"));
}

// The key of a cluster was replaced: `key` is the one before, which is still accepted.
TEST_CASE("a cookie by the other accepted key keeps the visitor at its member, and is replaced", "[groups]") {
    const auto next = std::make_shared<const directory::StickyKey>(
        login::Key(std::vector<std::uint8_t>(login::Key::size_bytes, 7)), key);
    std::string before;
    {
        GroupRig rig(wire::Sticky::cookie);
        (void)rig.ask_for(rig.first);
        before = own_cookie(rig.ask_for(rig.second).second);  // of b
        REQUIRE_FALSE(before.empty());
    }
    GroupRig rig(wire::Sticky::cookie, {}, next);
    for (int i = 0; i < 3; ++i) {
        const auto [request, answer] = rig.ask_for(rig.second, "Cookie: x=1; " + before + "; y=2\r\n");
        CHECK(request.field("cookie") == "x=1; y=2");
        const auto replaced = answer.fields.equal_range("set-cookie");
        CHECK(std::any_of(replaced.first, replaced.second,
                          [&](const auto& field) { return field.second.starts_with(next->cookie_prefix()); }));
    }
    const std::string forged = before.substr(0, before.find('=')) + "=forged";
    CHECK_FALSE(rig.ask_for(rig.first, "Cookie: " + forged + "\r\n").first.has("cookie"));
}

TEST_CASE("a cookie that is forged, or of another server, means nothing", "[groups]") {
    GroupRig rig(wire::Sticky::cookie);
    const std::string cookie = own_cookie(rig.ask_for(rig.first).second);
    const std::string name = cookie.substr(0, cookie.find('='));
    CHECK_FALSE(own_cookie(rig.ask_for(rig.second, "Cookie: " + name + "=forged\r\n").second).empty());
    CHECK(own_cookie(rig.ask_for(rig.first, "Cookie: " + name + "=\r\n").second) == cookie);
    const std::string foreign = "ferrotunnel-00000000-00000000=" + cookie.substr(name.size() + 1);
    CHECK(rig.ask_for(rig.second, "Cookie: " + foreign + "\r\n").first.field("cookie") == foreign);
}

TEST_CASE("a request whose member cannot reach its backend goes to another one, whatever its method", "[groups]") {
    GroupRig rig(wire::Sticky::off);
    rig.first.close();
    for (int i = 0; i < 2; ++i) {
        Peer visitor =
            rig.edge.visit("POST / HTTP/1.1\r\nHost: g.test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
        Peer backend = rig.second.accept();
        CHECK(backend.read_message().body == "body");
        backend.send(answer("done", "Connection: close\r\n"));
        const Message done = visitor.read_message();
        CHECK(done.body == "done");
        CHECK(done.field("x-ferrotunnel-member") == "b");
    }
    CHECK(rig.edge.counters().retries == 1);
    rig.second.close();
    Peer visitor = rig.edge.visit(ask("g.test"));
    const Message refused = visitor.read_message();
    CHECK(refused.status() == 502);
    CHECK(refused.field("x-ferrotunnel-error") == "backend_refused");
}

TEST_CASE("a member that answers with 5xx is ejected, and who has its cookie gets another one", "[groups]") {
    GroupRig rig(wire::Sticky::cookie, {.failures = 2, .first_ms = 3'600'000, .longest_ms = 3'600'000});
    const std::string cookie = own_cookie(rig.ask_for(rig.first, {}, 503).second);
    REQUIRE_FALSE(cookie.empty());
    (void)rig.ask_for(rig.first, "Cookie: " + cookie + "\r\n", 500);
    {
        const std::lock_guard lock(rig.mutex);
        REQUIRE(rig.told.size() == 1);
        CHECK(rig.told[0].ejected);
        CHECK(rig.told[0].member == "a");
        CHECK(rig.told[0].service == "g.test");
        CHECK(rig.told[0].why == "its backend responds with 5xx; out for 3600 s");
    }
    const std::string other = own_cookie(rig.ask_for(rig.second, "Cookie: " + cookie + "\r\n").second);
    CHECK_FALSE(other.empty());
    CHECK(other != cookie);
    for (int i = 0; i < 4; ++i) {
        (void)rig.ask_for(rig.second, {}, 500);  // the last one stays
    }
}
