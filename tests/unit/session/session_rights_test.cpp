// Sessions of tokens with rights and quotas: what is refused, and that everything counted is given back.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session/expiry_watch.hpp"
#include "unit/session/http_server_rig.hpp"
#include "unit/session/stub_udp_port.hpp"
#include "unit/trunk/trunk_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using trunk::test::NullWaker;
using namespace std::chrono_literals;

namespace {

/// The first of its two tokens has these rights.
struct RightsRig : HttpRig {
    explicit RightsRig(const login::Rights& rights) : HttpRig("t.example.com") { set(rights); }

    void set(const login::Rights& rights) {
        auto tokens = std::make_shared<std::vector<login::AcceptedToken>>(*shared->tokens.get());
        tokens->front().rights = std::make_shared<const login::Rights>(rights);
        const auto rules = std::make_shared<const RightRules>(*tokens, shared->domain);
        shared->registry->set_rules(rules);
        shared->http->set_rules(rules);
    }
    std::size_t services() const { return shared->token_use->services(token.id); }
    std::uint64_t visitors() const { return shared->token_use->visitors(token.id); }
    /// Lets the workers do what they have been given.
    template <typename Condition>
    void wait_until(Condition condition) {
        while (!condition()) {
            on(worker, [] {});
        }
    }
};

login::Rights with_services(std::uint64_t most) {
    login::Rights rights;
    rights.services = most;
    return rights;
}

wire::Refused refused_login(RightsRig& rig) {
    WireClient client = rig.connect();
    client.send_control(client.prepare_auth());
    const auto message = client.receive_control();
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::Refused>(*message));
    return std::get<wire::Refused>(*message);
}

}  // namespace

TEST_CASE("a token that has expired, or comes from elsewhere, is refused after its proof", "[rights]") {
    login::Rights rights;
    rights.expires = std::chrono::system_clock::now() - 1s;
    RightsRig rig(rights);
    const wire::Refused expired = refused_login(rig);
    CHECK(expired.code == wire::Code::unauthorized);
    CHECK(expired.text == "The token has expired.");
    rig.log_in_with(rig.other_token);

    login::Rights from;
    from.from = net::IpNetworks({net::IpNetwork::parse("192.0.2.0/24").value()});
    rig.set(from);
    CHECK(refused_login(rig).text == "The token may not be used from this address (127.0.0.1).");
    from.from = net::IpNetworks({net::IpNetwork::parse("127.0.0.0/8").value()});
    rig.set(from);
    rig.log_in();
}

TEST_CASE("a token that expires ends its sessions, and those of no other", "[rights]") {
    RightsRig rig({});
    WireClient client = rig.log_in();
    WireClient other = rig.log_in_with(rig.other_token);
    std::unique_ptr<ExpiryWatch> watch;
    login::Rights rights;
    rights.expires = std::chrono::system_clock::now() + 1s;
    rig.set(rights);
    on(rig.worker, [&] {
        watch = std::make_unique<ExpiryWatch>(rig.worker, rig.shared->registry, [&rig] {
            for (const auto& session : rig.sessions) {
                session->post([](ServerSession& one) { one.end_if_expired(); });
            }
        });
    });
    std::string why;
    while (auto frame = client.receive()) {
        if (frame->header.type == wire::FrameType::goaway) {
            const auto goaway = wire::decode_goaway(frame->payload);
            REQUIRE(goaway);
            CHECK(goaway->code == wire::Code::unauthorized);
            why.assign(reinterpret_cast<const char*>(goaway->text.data()), goaway->text.size());
        }
    }
    CHECK(why == "The token has expired.");
    CHECK(other.obtain_port(1) != 0);
    on(rig.worker, [&] { watch.reset(); });
}

TEST_CASE("a client that is kept out is refused after its proof, and its sessions end", "[rights][kick]") {
    RightsRig rig({});
    WireClient client = rig.log_in();
    const auto view = rig.sessions.front()->view();
    const TimePoint now = Clock::now();
    REQUIRE(rig.shared->kicked->keep_out({{view.client, view.name, "token", 1}}, now + 10min, now));
    rig.sessions.front()->post([](ServerSession& one) { one.check_rights(); });
    std::optional<wire::Code> code;
    while (auto frame = client.receive()) {
        if (frame->header.type == wire::FrameType::goaway) {
            const auto goaway = wire::decode_goaway(frame->payload);
            REQUIRE(goaway);
            code = goaway->code;
        }
    }
    CHECK(code == wire::Code::busy);

    const wire::Refused refused = refused_login(rig);
    CHECK(refused.code == wire::Code::busy);
    CHECK(refused.text.starts_with("The operator of the server keeps this client out for another "));
    CHECK(rig.shared->kicked->change({"1"}, now, now).size() == 1);
    rig.log_in();
    rig.log_in_with(rig.other_token);
}

TEST_CASE("a client that another member of the cluster keeps out learns where it was kicked", "[rights][kick]") {
    RightsRig rig({});
    rig.log_in();
    const auto view = rig.sessions.front()->view();
    const TimePoint now = Clock::now();
    REQUIRE(rig.shared->kicked->hear({view.client, view.name, "token", 0, "b"}, now + 10min, now));
    const wire::Refused refused = refused_login(rig);
    CHECK(refused.code == wire::Code::busy);
    CHECK(refused.text ==
          "The operator of the server keeps this client out for another 10m (kicked at the member b of "
          "its cluster).");
}

TEST_CASE("a token that another member of the cluster has removed is refused, and its sessions end", "[rights]") {
    RightsRig rig({});
    WireClient client = rig.log_in();
    const login::TokenId secret = rig.shared->tokens.get()->front().token.id;
    REQUIRE(rig.shared->revoked->set(secret, {"b", 1}));
    CHECK_FALSE(rig.shared->revoked->set(secret, {"b", 2}));
    rig.sessions.front()->post([](ServerSession& one) { one.check_rights(); });
    wire::Code code = wire::Code::none;
    std::string text;
    while (auto frame = client.receive()) {
        if (frame->header.type == wire::FrameType::goaway) {
            const auto goaway = wire::decode_goaway(frame->payload);
            REQUIRE(goaway);
            code = goaway->code;
            text = as_text(goaway->text);
        }
    }
    CHECK(code == wire::Code::unauthorized);
    CHECK(text == "The token was revoked at the member b of the server's cluster.");
    CHECK(refused_login(rig).text == text);
    rig.log_in_with(rig.other_token);
    CHECK(rig.shared->revoked->erase(secret));
    rig.log_in();
}

TEST_CASE("ports listen where the token may, on the first address unless their client asks", "[rights]") {
    struct Case {
        std::vector<std::string> may;
        const char* wanted;
        const char* at;  // empty: refused
    };
    const Case one = GENERATE(values<Case>({
        {{"127.0.0.2", "127.0.0.3"}, "", "127.0.0.2"},
        {{"127.0.0.2", "127.0.0.3"}, "127.0.0.3", "127.0.0.3"},
        {{"127.0.0.2"}, "127.0.0.3", "127.0.0.3"},  // its own machine is always narrower
        {{"127.0.0.2"}, "0.0.0.0", ""},
        {{"127.0.0.2"}, "::1", ""},
        {{"127.0.0.2", "0.0.0.0"}, "0.0.0.0", "tunnel.example.com"},
        {{}, "", ""},
        {{}, "127.0.0.1", ""},
    }));
    CAPTURE(one.may, one.wanted);
    login::Rights rights;
    rights.bind = one.may;
    RightsRig rig(rights);
    WireClient client = rig.log_in();
    client.register_port(1, 0, one.wanted);
    const auto answer = client.answer();
    const auto* registered = std::get_if<wire::RegisteredService>(&answer);
    REQUIRE((registered != nullptr) == (*one.at != 0));
    if (registered != nullptr) {
        CHECK(registered->address == one.at + (':' + std::to_string(registered->port)));
    } else {
        CHECK(std::get<wire::Refused>(answer).code == wire::Code::port_forbidden);
    }
}

TEST_CASE("kinds, hosts and ports that the token has no right to are refused, each with its code", "[rights]") {
    login::Rights rights;
    rights.hosts = {"app.example.com"};
    rights.ports = login::PortRight{false, login::PortPolicy({{1, 1}})};
    rights.kinds = {wire::ServiceKind::tcp, wire::ServiceKind::http};
    RightsRig rig(rights);
    WireClient client = rig.log_in();
    client.register_tls(1, {"app.example.com"});
    CHECK(client.refused().code == wire::Code::forbidden);
    client.register_http(2, {"app.example.org"});
    CHECK(client.refused().code == wire::Code::forbidden);
    client.register_http(3, {});
    CHECK(client.refused().code == wire::Code::forbidden);
    client.register_port(4, 2);
    CHECK(client.refused().code == wire::Code::port_forbidden);
    client.register_port(5, 0);
    CHECK(client.refused().code == wire::Code::port_taken);
    CHECK(rig.services() == 0);
    client.obtain_http(6, {"app.example.com"});
    WireClient stranger = rig.log_in_with(rig.other_token, {2});
    stranger.register_http(1, {"*.example.com"});
    CHECK(stranger.refused().code == wire::Code::forbidden);
    CHECK(stranger.obtain_http(2, {}).host.ends_with(".t.example.com"));
}

TEST_CASE("UDP ports are refused by the same rights as TCP ports, and by a right to kinds", "[rights]") {
    login::Rights rights;
    rights.ports = login::PortRight{false, login::PortPolicy({{1, 1}})};
    RightsRig rig(rights);
    rig.shared->open_udp = [](runtime::Worker&, runtime::Fd socket, const DatagramTerms&, DatagramHandler) {
        return std::make_unique<StubPort>(std::move(socket));
    };
    Caller caller;
    caller.features = wire::feature::udp;
    WireClient client = rig.log_in(caller);
    const auto ask = [](WireClient& asking, std::uint32_t id, std::uint16_t port) {
        wire::Service service;
        service.id = id;
        service.kind = wire::ServiceKind::udp;
        service.remote_port = port;
        service.name = "dns";
        asking.register_services({&service, 1});
    };
    ask(client, 1, 2);
    CHECK(client.refused().code == wire::Code::port_forbidden);
    CHECK(rig.services() == 0);
    caller.instance = 2;
    WireClient stranger = rig.log_in_with(rig.other_token, caller);
    ask(stranger, 1, 1);
    CHECK(stranger.refused().code == wire::Code::port_forbidden);
    ask(stranger, 2, 0);
    CHECK(stranger.registered().port != 0);

    rights = {};
    rights.kinds = {wire::ServiceKind::tcp};
    rig.set(rights);
    ask(client, 2, 0);
    CHECK(client.refused().code == wire::Code::forbidden);
    CHECK(client.obtain_port(3) != 0);
    rights.kinds = {wire::ServiceKind::udp};
    rig.set(rights);
    ask(client, 4, 0);
    CHECK(client.registered().port != 0);
    client.register_port(5, 0);
    CHECK(client.refused().code == wire::Code::forbidden);
}

TEST_CASE("limit: services of a token, which are given back however they end", "[rights]") {
    RightsRig rig(with_services(2));
    WireClient client = rig.log_in();
    WireClient twin = rig.log_in({2});
    client.obtain_port(1);
    client.obtain_http(2, {"a.example.com"});
    client.register_port(3, 0);
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::busy);
    CHECK(refusal.text == "The clients of this token have reached its limit of services (2). Try again later.");
    twin.register_http(1, {"b.example.com"});
    CHECK(twin.refused().code == wire::Code::busy);
    CHECK_FALSE(rig.shared->registry->holder_of({"b.example.com", "/"}));

    client.unregister(2);
    twin.obtain_http(1, {"b.example.com"});
    CHECK(rig.services() == 2);
    twin.register_port(2, 1);
    CHECK(twin.refused().code == wire::Code::port_forbidden);
    CHECK(rig.services() == 2);
    twin.close();  // without a word
    rig.wait_until([&] { return rig.services() == 1; });
    client.obtain_port(4);
    client.send_goaway(wire::Code::none);
    rig.wait_until([&] { return rig.services() == 0; });
}

TEST_CASE("a service counts once on all trunks of its client, and a ghost's is its successor's", "[rights]") {
    RightsRig rig(with_services(1));
    WireClient first = rig.log_in({1, 1, 1, 2});
    WireClient second = rig.log_in({1, 1, 2, 2});
    const std::uint16_t port = first.obtain_port(1);
    CHECK(second.obtain_port(1, port) == port);
    CHECK(rig.services() == 1);
    first.close();
    rig.wait_until([&] { return rig.shared->registry->session_count() == 1; });
    CHECK(rig.services() == 1);
    // Another process with the same token wants the port, and the holder is silent.
    second.answer_pings = false;
    WireClient successor = rig.log_in({2});
    CHECK(successor.obtain_port(1, port) == port);
    CHECK(rig.services() == 1);
}

TEST_CASE("limit: visitors of a token at a time, of ports and of HTTP together", "[rights]") {
    login::Rights rights;
    rights.visitors = 2;
    RightsRig rig(rights);
    WireClient client = rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    client.obtain_http(2, {"app.example.com"});
    auto carrier = rig.find("app.example.com").service->choose();
    REQUIRE(carrier);
    std::optional<Result<HttpStream, wire::Code>> result;
    const auto open = [&] {
        on(rig.worker, [&] {
            carrier->trunk->open(2, {}, make_intrusive<NullWaker>(), false,
                                 [&](Result<HttpStream, wire::Code> opened) { result.emplace(std::move(opened)); });
        });
    };
    open();
    REQUIRE(*result);
    HttpStream stream = **result;
    CHECK(client.opened() == 2);
    const runtime::Fd visitor = directory::test::visit(port);
    CHECK(client.opened() == 1);
    CHECK(directory::test::is_reset(port));
    open();
    REQUIRE_FALSE(*result);
    CHECK(result->error() == wire::Code::limit);
    CHECK(rig.visitors() == 2);
    stream.counted.reset();
    CHECK(rig.visitors() == 1);
    const runtime::Fd next = directory::test::visit(port);
    CHECK(client.opened() == 1);
    client.close();
    rig.wait_until([&] { return rig.visitors() == 0; });
    result.reset();
    on(rig.worker, [&] { stream = {}; });
}

TEST_CASE("limit: new visitors of a token, by a rate", "[rights]") {
    login::Rights rights;
    rights.visitors_per_second = 0.001;
    RightsRig rig(rights);
    WireClient client = rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    const runtime::Fd visitor = directory::test::visit(port);
    CHECK(client.opened() == 1);
    for (int i = 0; i < 3; ++i) {
        CHECK(directory::test::is_reset(port));
    }
    CHECK(rig.shared->counters->visitors_refused.load() == 3);
    CHECK(rig.visitors() == 1);
}
