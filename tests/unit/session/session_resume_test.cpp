// Sessions of a server that wait for their client: who gets them, who does not, and what ends the waiting.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/ip_network.hpp"
#include "unit/session/http_server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t features = wire::feature::announced | wire::feature::resume;

struct ResumeFixture : HttpRig {
    ResumeFixture() { shared->mux.resume = 30s; }

    /// A client with a session, as it continues with it on another connection. It reads its bytes again from the first.
    struct Held {
        WireClient client;
        std::shared_ptr<ServerSession> session;
        Caller again;

        Caller next(std::uint64_t attempt = 1) const {
            Caller caller = again;
            caller.resume->attempt = attempt;
            return caller;
        }
    };
    Held hold(std::uint8_t instance = 1) {
        Caller caller;
        caller.instance = instance;
        caller.features = features;
        WireClient client = log_in(caller);
        client.answer_pings = false;  // so that it confirms nothing, and may read all again
        caller.resume = {client.agreed().resume_id, *client.agreed().resume_key, 1, 0};
        return {std::move(client), sessions.back(), caller};
    }
    /// Cuts its connection, and waits until the server knows.
    void lose(Held& held) {
        held.client.reset();
        wait_until([&] { return held.session->detached_since().has_value(); });
    }
    /// Why the login is refused.
    Code refused_by(WireClient client) {
        client.send_control(client.prepare_auth());
        const auto message = client.receive_control();
        REQUIRE(message);
        REQUIRE(std::holds_alternative<wire::Refused>(*message));
        return std::get<wire::Refused>(*message).code;
    }
    Code refused(const Caller& caller) { return refused_by(connect(caller)); }
    void set_rights(const login::Rights& rights) {
        auto tokens = std::make_shared<std::vector<login::AcceptedToken>>(*shared->tokens.get());
        tokens->front().rights = std::make_shared<const login::Rights>(rights);
        shared->registry->set_rules(std::make_shared<const directory::RightRules>(*tokens, shared->domain));
    }
    bool is_over(const Held& held) {
        return on(worker, [&] { return !held.session->view().connected; });
    }
    /// Lets the workers do what they have been given.
    template <typename Condition>
    void wait_until(Condition condition) {
        const auto until = Clock::now() + runtime::test::patience;
        while (!condition()) {
            REQUIRE(Clock::now() < until);
            on(worker, [] {});
        }
    }
};

}  // namespace

TEST_CASE("a client continues with its session, and keeps its port", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const std::uint16_t port = held.client.obtain_port(5);
    rig.lose(held);
    WireClient back = rig.connect(held.next());
    REQUIRE(back.log_in());
    CHECK_FALSE(held.session->detached_since());
    const auto visitor = visit(port);
    CHECK(back.opened() == 5);
    CHECK(rig.shared->resume_counts->waits == 1);
    CHECK(rig.shared->resume_counts->resumed == 1);
    CHECK(rig.shared->resume_counts->given_up == 0);
}

TEST_CASE("the resume wins over a connection that the server takes for alive", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const std::uint16_t port = held.client.obtain_port(5);
    WireClient back = rig.connect(held.next());
    REQUIRE(back.log_in());
    CHECK_FALSE(held.client.receive());  // one of them alone is the session's
    const auto visitor = visit(port);
    CHECK(back.opened() == 5);
    CHECK(rig.shared->resume_counts->waits == 1);
}

TEST_CASE("nobody else gets a session that waits, and it continues waiting for its client", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    auto other = rig.hold(2);
    rig.lose(held);
    Caller thief = held.next(9);
    SECTION("who has its id, and the key of another session") {
        thief.resume->key = other.again.resume->key;
        CHECK(rig.refused(thief) == Code::unauthorized);
        thief.instance = 2;
        CHECK(rig.refused(thief) == Code::unauthorized);
    }
    SECTION("who has the key, and the id of another session") {
        thief.resume->id = other.again.resume->id;
        CHECK(rig.refused(thief) == Code::unauthorized);
    }
    SECTION("another process of the client, with all that it had") {
        thief.instance = 2;
        CHECK(rig.refused(thief) == Code::unauthorized);
    }
    SECTION("another token, with all that it had") {
        auto [near, far] = transport::test::tcp_pair();
        on(rig.worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            auto session = std::make_shared<ServerSession>(rig.worker, runtime::peer_address(socket->get()), rig.shared,
                                                           ServerSession::Callbacks{});
            rig.sessions.push_back(session);
            session->start(std::move(*socket));
        });
        CHECK(rig.refused_by({std::move(far), rig.other_token, thief}) == Code::unauthorized);
    }
    CHECK(rig.shared->resume_counts->refused_unauthorized >= 1);
    CHECK(held.session->detached_since());
    WireClient back = rig.connect(held.next(1));
    CHECK(back.log_in());
}

TEST_CASE("an attempt that comes twice, or late, is refused, and the session stays where it is", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const std::uint16_t port = held.client.obtain_port(5);
    rig.lose(held);
    WireClient back = rig.connect(held.next(7));
    REQUIRE(back.log_in());
    CHECK(rig.refused(held.next(7)) == Code::superseded);
    CHECK(rig.refused(held.next(6)) == Code::superseded);
    CHECK(rig.shared->resume_counts->refused_superseded == 2);
    const auto visitor = visit(port);
    CHECK(back.opened() == 5);
}

TEST_CASE("counts that cannot be end the session", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    rig.lose(held);
    Caller liar = held.next();
    liar.resume->received = 1'000'000;
    CHECK(rig.refused(liar) == Code::unknown_session);
    rig.wait_until([&] { return rig.is_over(held); });
    CHECK(rig.refused(held.next(2)) == Code::unknown_session);
    CHECK(rig.shared->resume_counts->given_up == 1);
    CHECK(rig.shared->resumes->size() == 0);
}

TEST_CASE("a server that stops, or hands over, waits for no client", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const auto tell = [&](bool hands_over) {
        on(rig.worker, [&] { hands_over ? held.session->handover_to_process() : held.session->drain(); });
    };
    const bool hands_over = GENERATE(false, true);
    SECTION("one that is away") {
        rig.lose(held);
        tell(hands_over);
        rig.wait_until([&] { return rig.is_over(held); });
    }
    SECTION("one whose connection is lost later, while its visitors finish") {
        const std::uint16_t port = held.client.obtain_port(5);
        const auto visitor = visit(port);
        CHECK(held.client.opened() == 5);
        tell(hands_over);
        held.client.next(wire::FrameType::goaway);
        held.client.reset();
        rig.wait_until([&] { return rig.is_over(held); });
        CHECK(error_at(visitor) == ECONNRESET);
    }
    CHECK(rig.refused(held.next()) == Code::unknown_session);
    CHECK(rig.shared->resumes->size() == 0);
}

TEST_CASE("who is sent away while it is away does not come back", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    rig.lose(held);
    SECTION("kicked") {
        on(rig.worker, [&] { held.session->end(Code::cancelled, "kicked"); });
        rig.wait_until([&] { return rig.is_over(held); });
        CHECK(rig.refused(held.next()) == Code::unknown_session);
    }
    SECTION("its token was taken off") {
        rig.shared->tokens = std::make_shared<std::vector<login::AcceptedToken>>(1, rig.shared->tokens.get()->back());
        on(rig.worker, [&] { held.session->check_rights(); });
        rig.wait_until([&] { return rig.is_over(held); });
        CHECK(rig.refused(held.next()) == Code::unauthorized);
    }
    SECTION("its token has expired") {
        login::Rights rights;
        rights.expires = std::chrono::system_clock::now() - 1s;
        rig.set_rights(rights);
        on(rig.worker, [&] { held.session->end_if_expired(); });
        rig.wait_until([&] { return rig.is_over(held); });
        CHECK(rig.refused(held.next()) == Code::unauthorized);
    }
    CHECK(rig.shared->resume_counts->given_up == 1);
}

TEST_CASE("rights that change while the new connection is on its way hold for it", "[threads][resume]") {
    runtime::Worker other;  // outlives its session, which the rig has
    other.start();
    ResumeFixture rig;
    auto held = rig.hold();
    rig.lose(held);
    // The session's worker is busy: the new connection, which is on another one, has to wait for it.
    Signal handed_over;
    Signal go_on;
    rig.worker.post([&] { (void)go_on.wait(); });
    auto [near, far] = transport::test::tcp_pair();
    ServerSession::Callbacks callbacks;
    callbacks.ended = [&] { handed_over.tell(); };
    on(other, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
        auto session = std::make_shared<ServerSession>(other, runtime::peer_address(socket->get()), rig.shared,
                                                       std::move(callbacks));
        rig.sessions.push_back(session);
        session->start(std::move(*socket));
    });
    WireClient back(std::move(far), rig.token, held.next());
    back.send_control(back.prepare_auth());
    REQUIRE(handed_over.wait());
    login::Rights rights;
    rights.from = net::IpNetworks({net::IpNetwork::parse("192.0.2.0/24").value()});
    rig.set_rights(rights);
    go_on.tell();
    const auto message = back.receive_control();
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::Refused>(*message));
    CHECK(std::get<wire::Refused>(*message).code == Code::unauthorized);
    CHECK(held.session->detached_since());
    other.stop();
    other.join();
}

TEST_CASE("a session that waits counts for the token's quota, and gives its place away", "[resume]") {
    ResumeFixture rig;
    rig.shared->registry->set_quotas(2, 100);
    auto first = rig.hold(1);
    auto second = rig.hold(2);
    CHECK(rig.refused({.instance = 3, .features = features}) == Code::busy);  // both are here
    rig.lose(second);
    rig.lose(first);
    auto third = rig.hold(3);  // in the place of the one that was away for longest
    CHECK(rig.is_over(second));
    CHECK_FALSE(rig.is_over(first));
    CHECK(rig.refused(second.next()) == Code::unknown_session);
    WireClient back = rig.connect(first.next());
    REQUIRE(back.log_in());
    CHECK(rig.refused({.instance = 4, .features = features}) == Code::busy);
    CHECK_FALSE(rig.is_over(third));
}

TEST_CASE("a client that begins again ends the session that waits for it", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const std::uint16_t port = held.client.obtain_port(5);
    rig.lose(held);
    Caller again;
    again.features = features;
    again.epoch = 2;
    WireClient fresh = rig.log_in(again);
    CHECK(fresh.obtain_port(5, port) == port);
    CHECK(rig.is_over(held));
    CHECK(rig.refused(held.next()) == Code::unknown_session);
}

TEST_CASE("a port whose client is away goes to another process of its token that asks", "[resume]") {
    ResumeFixture rig;
    auto held = rig.hold();
    const std::uint16_t port = held.client.obtain_port(5);
    rig.lose(held);
    auto other = rig.hold(2);
    CHECK(other.client.obtain_port(9, port) == port);  // after takeover_silence
    const auto visitor = visit(port);
    CHECK(other.client.opened() == 9);
}
